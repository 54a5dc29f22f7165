import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { auditFetch, createCapture } from '../src/index.ts'

// What watches over an answer is released when its call has ended.

const EVENTS = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'.repeat(3)
const headers = { 'content-type': 'text/event-stream' }

async function asked(body: string) {
  const capture = createCapture({ log: { record: async () => ({ entryId: '' }) } })
  const send = auditFetch(capture, { fetch: async () => new Response(body, { headers }) })
  const { signal } = new AbortController()
  const post = { method: 'POST', body: '{"model":"m","stream":true}', signal }
  const tries = { most: 3, startedAt: performance.now() }
  const response = await capture.withTries(tries, () => send('http://provider.test/chat/completions', post))
  return { reader: response.body?.getReader(), signal, capture }
}

test.each([
  ['read to its end', `${EVENTS}data: [DONE]\n\n`, 5],
  ['broken off', EVENTS, 5],
  ['left', EVENTS, 1],
])('of an answer that is %s, neither a listener nor a registration is left', async (_, body, reads) => {
  const registered = vi.spyOn(FinalizationRegistry.prototype, 'register')
  const unregistered = vi.spyOn(FinalizationRegistry.prototype, 'unregister')
  try {
    const { reader, signal } = await asked(body)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    for (let i = 0; i < reads; i++) await reader?.read()
    if (reads === 1) await reader?.cancel()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const tokens = registered.mock.calls.flatMap(([, , token]) => token ?? [])
    expect(tokens).not.toEqual([])
    expect(unregistered.mock.calls.flat()).toEqual(expect.arrayContaining(tokens))
  } finally {
    vi.restoreAllMocks()
  }
})
