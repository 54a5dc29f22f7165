import { AuditLog, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { expect, test, vi } from 'vitest'
import { auditFetch, type Capture, createCapture } from '../src/index.ts'
import { IdleTimer } from '../src/integration.ts'

const server = await providerServer()
const IDLE_MS = 20

function bench() {
  const log = new AuditLog({ backend: new MemoryBackend() })
  return { log, capture: createCapture({ log, idleMs: IDLE_MS }) }
}

/** The entry of a call, once it is recorded. */
const entryIn = (log: AuditLog) =>
  vi.waitFor(async () => {
    const [entry] = await log.query()
    if (!entry) return expect.fail('nothing is recorded yet')
    expect(entry.metadata['audit.status']).toBe('unfinished')
    return { ...entry, latencyMs: Number(entry.latencyMs) }
  })

const begin = (capture: Capture) =>
  capture.begin({ provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' })

const wait = () => new Promise(resolve => setTimeout(resolve, IDLE_MS / 2))

test.each([
  ['a stream', true],
  ['a whole answer', false],
])('%s that nobody reads took until it began', async (_, stream) => {
  const { log, capture } = bench()
  const { url } = server.scene('fine')
  const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'one two' }] })
  const start = performance.now()
  const response = await auditFetch(capture)(`${url}/chat/completions`, { method: 'POST', body })
  const tookMs = performance.now() - start
  expect((await entryIn(log)).latencyMs).toBeLessThanOrEqual(tookMs)
  await response.body?.cancel().catch(() => undefined)
})

test('a stream that is read in part took until its last part was handed on', async () => {
  const { log, capture } = bench()
  const { url } = server.scene('fine')
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'one two' }] })
  const start = performance.now()
  const response = await auditFetch(capture)(`${url}/chat/completions`, { method: 'POST', body })
  await wait()
  const reading = performance.now()
  await response.body?.getReader().read()
  const tookMs = performance.now() - start
  const { latencyMs } = await entryIn(log)
  expect(latencyMs).toBeLessThanOrEqual(tookMs)
  expect(latencyMs).toBeGreaterThanOrEqual(reading - start - 1) // it began a little after this test
})

test('the wait until drain() is no part of it either', async () => {
  const { log, capture } = bench()
  const start = performance.now()
  const idle = new IdleTimer(begin(capture), 60_000)
  const tookMs = performance.now() - start
  await wait()
  await capture.drain()
  idle.stop()
  expect((await entryIn(log)).latencyMs).toBeLessThanOrEqual(tookMs)
})

test('a wait for the provider is', async () => {
  const { log, capture } = bench()
  const call = begin(capture)
  const start = performance.now()
  new IdleTimer(call, 60_000).stop()
  await wait()
  const waitedMs = performance.now() - start
  await capture.drain()
  expect((await entryIn(log)).latencyMs).toBeGreaterThanOrEqual(waitedMs)
})
