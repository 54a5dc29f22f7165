import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { truncateSync } from 'node:fs'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { providerServer, temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import Database from 'better-sqlite3'
import OpenAI from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { allOf } from './all-of.ts'
import { proxied } from './proxy-fixture.ts'

const server = await providerServer()

const MODEL = 'gpt-4o-mini'
const messages = [{ role: 'user' as const, content: 'a question of some words' }]
const client = (baseURL: string) => new OpenAI({ baseURL, apiKey: 'none' })

const CALLS: readonly (readonly [name: string, call: (client: OpenAI) => Promise<unknown>])[] = [
  ['chat', client => client.chat.completions.create({ model: MODEL, messages })],
  [
    'chat, streamed',
    async client => allOf(await client.chat.completions.create({ model: MODEL, messages, stream: true })),
  ],
  ['responses', client => client.responses.create({ model: MODEL, input: 'a question' })],
  [
    'responses, streamed',
    async client => allOf(await client.responses.create({ model: MODEL, input: 'a question', stream: true })),
  ],
]

/** A proxy whose log is damaged under it after the first call, so that nothing more can be recorded. */
async function withDamagedLog(args: readonly string[] = []) {
  const parts = await proxied(server, 'fine', { log: 'audit.jsonl', args })
  await client(parts.baseURL).chat.completions.create({ model: MODEL, messages })
  truncateSync(parts.proxy.path, 10)
  return parts
}

describe('with a log that nothing can be recorded in', () => {
  test.each(CALLS)('%s fails, says why, and is billed once', async (_, call) => {
    const { scene, proxy, baseURL } = await withDamagedLog()
    const error = await call(client(baseURL)).then(
      () => expect.fail('the call returned'),
      (error: { readonly code?: unknown }) => error,
    )
    expect(error).toMatchObject({ code: 'AUDIT_CORRUPT' })
    expect(scene).toMatchObject({ requests: 2, billed: 2 })
    await expect.poll(proxy.errors).toContain('was not recorded')
  })

  test('with an intent nothing is sent to the provider', async () => {
    const { scene, baseURL } = await withDamagedLog(['--intent'])
    const calling = client(baseURL).chat.completions.create({ model: MODEL, messages })
    await expect(calling).rejects.toMatchObject({ status: 424, code: 'AUDIT_CORRUPT' })
    expect(scene.requests).toBe(1)
  })

  test('a failed call whose record fails is not sent again', async () => {
    const { proxy, scene, baseURL } = await proxied(server, 'failing', { log: 'audit.jsonl' })
    await expect(client(baseURL).responses.create({ model: MODEL, input: 'x' })).rejects.toMatchObject({
      status: 500,
    })
    expect(scene.requests).toBe(3)
    truncateSync(proxy.path, 10)
    await expect(client(baseURL).responses.create({ model: MODEL, input: 'x' })).rejects.toMatchObject({
      status: 424,
    })
    expect(scene.requests).toBe(4)
  })

  test('with --fail-open calls go on, and whoever runs the proxy is told', async () => {
    const { proxy, baseURL } = await withDamagedLog(['--fail-open'])
    for (const [, call] of CALLS) await call(client(baseURL))
    await expect.poll(proxy.errors).toContain('was not recorded')
  })

  test('an anthropic client gets the error in its own format', async () => {
    const { proxy } = await withDamagedLog()
    const answer = await fetch(`${proxy.address}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages }),
    })
    expect(answer.status).toBe(424)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })
})

test('with a slow log the chunks come, and the end waits until the call is recorded', async () => {
  const { proxy, baseURL } = await proxied(server)
  await client(baseURL).chat.completions.create({ model: MODEL, messages })
  const other = new Database(proxy.path)
  other.exec('BEGIN IMMEDIATE') // nobody else can write meanwhile
  const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
  const chunks: unknown[] = []
  const reading = (async () => {
    for await (const chunk of stream) chunks.push(chunk)
  })()
  let isDone = false
  void reading.then(() => {
    isDone = true
  })
  await expect.poll(() => chunks.length).toBeGreaterThan(5)
  const whole = client(baseURL).chat.completions.create({ model: MODEL, messages })
  await expect.poll(() => chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  expect(isDone).toBe(false)
  other.exec('ROLLBACK')
  other.close()
  await reading
  await whole
  expect(await proxy.entries()).toHaveLength(3)
})

// A disk of its own can be mounted by root alone, and on Linux.
for (const log of ['audit.db', 'audit.jsonl']) {
  test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    `on a full disk a call into ${log} fails, and the next one that fits is recorded`,
    async ({ skip }) => {
      const folder = temporaryFolder()
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]).status === 0
      skip(!mounted, 'mounting is not allowed')
      onTestFinished(() => void spawnSync('umount', ['--lazy', folder]))
      const { scene, proxy, baseURL } = await proxied(server, 'fine', { log, folder })
      const ask = (content: string) =>
        client(baseURL).chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }] })
      const failure = { status: 424, code: 'AUDIT_WRITE_FAILED' }
      await expect(ask('x'.repeat(1024 * 1024))).rejects.toMatchObject(failure)
      expect(scene).toMatchObject({ requests: 1, billed: 1 })
      await ask('a question')
      expect(await proxy.entries()).toMatchObject([{ inputText: 'a question' }])
    },
  )
}

test('kill -9 in mid-stream leaves the intent, as a call that never ended', async () => {
  const { proxy, baseURL } = await proxied(server, 'endless-stream', {
    log: 'audit.jsonl',
    args: ['--intent'],
  })
  const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
  const reading = (async () => {
    for await (const _ of stream) proxy.child.kill('SIGKILL')
  })()
  await expect(reading).rejects.toThrow()
  if (proxy.child.signalCode === null) await once(proxy.child, 'exit')
  const log = new AuditLog({ backend: new JsonlBackend({ path: proxy.path, readOnly: true }) })
  const unfinished = await createCapture({ log }).unfinished(log)
  await log.close()
  expect(unfinished).toMatchObject([
    { inputText: 'a question of some words', outputText: '', metadata: { 'audit.intent': true } },
  ])
})

describe('stopped', () => {
  test('it lets an open call end, and records it', async () => {
    const { proxy, baseURL } = await proxied(server, 'slow')
    const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
    let chunks = 0
    let stopping: Promise<number | null> | undefined
    for await (const _ of stream) {
      chunks++
      stopping ??= proxy.stop('SIGTERM')
    }
    expect(chunks).toBeGreaterThan(3)
    expect(await stopping).toBe(0)
    expect(await proxy.entries()).toMatchObject([{ metadata: { 'audit.status': 'ok' } }])
    expect(proxy.errors()).toContain('1 entry recorded')
  })

  test('it records a call that does not end, as unfinished', async () => {
    const { proxy, baseURL } = await proxied(server, 'endless-stream', { args: ['--grace', '0'] })
    const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
    let stopping: Promise<number | null> | undefined
    const reading = (async () => {
      for await (const _ of stream) stopping ??= proxy.stop('SIGINT')
    })()
    await expect(reading).rejects.toThrow()
    expect(await stopping).toBe(130)
    expect(await proxy.entries()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
  })

  test('a second Ctrl-C ends open calls at once, and records them', async () => {
    const { proxy, baseURL } = await proxied(server, 'endless-stream', { args: ['--grace', '600'] })
    let isHurried = false
    const stream = await client(baseURL).chat.completions.create({ model: MODEL, messages, stream: true })
    let stopping: Promise<number | null> | undefined
    const reading = (async () => {
      for await (const _ of stream) {
        stopping ??= proxy.stop('SIGINT')
        if (!isHurried && proxy.errors().includes('Ctrl-C again')) isHurried = proxy.child.kill('SIGINT')
      }
    })()
    await expect(reading).rejects.toThrow()
    expect(await stopping).toBe(130)
    expect(await proxy.entries()).toMatchObject([{ metadata: { 'audit.status': 'unfinished' } }])
  })

  test('without open calls it ends at once, and the log is closed', async () => {
    const { proxy, baseURL } = await proxied(server)
    await client(baseURL).chat.completions.create({ model: MODEL, messages }) // its connection stays open
    expect(await proxy.stop('SIGINT')).toBe(130)
    expect(await proxy.entries()).toHaveLength(1)
  })
})
