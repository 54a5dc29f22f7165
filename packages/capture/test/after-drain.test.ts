import { AuditLog } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { auditFetch, createCapture } from '../src/index.ts'

// After drain() nothing leaves, and nothing is handed on, that no entry has.

const server = await providerServer()

const post = (more: object = {}) => ({
  method: 'POST',
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'one two' }], ...more }),
})

test('a request does not leave whose call ended while its intent was being stored', async () => {
  const log = new AuditLog()
  const stored = Promise.withResolvers<void>()
  const slow = {
    async record(input: Parameters<AuditLog['record']>[0]) {
      await stored.promise
      return log.record(input)
    },
  }
  const capture = createCapture({ log: slow, intent: true })
  let sent = 0
  const send = auditFetch(capture, { fetch: async () => Response.json({ sent: ++sent }) })
  const answer = send('http://provider.test/v1/chat/completions', post())
  await new Promise(setImmediate) // the intent is being stored now
  const drained = capture.drain()
  stored.resolve()
  await drained
  await expect((await answer).text()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  expect(sent).toBe(0)
  expect((await log.query()).map(({ metadata }) => metadata['audit.status'])).toEqual([
    'unfinished',
    'unfinished',
  ])
})

test('what an SDK aborts itself keeps its error', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log, intent: true })
  const send = auditFetch(capture)
  const signal = AbortSignal.abort()
  const answer = send(`${server.scene().url}/chat/completions`, { ...post(), signal })
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
})

test('an answer that is read on fails at once, also where the provider stalls', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log })
  const cancelled = Promise.withResolvers<void>()
  let pulls = 0
  const body = new ReadableStream({
    pull: controller => {
      const event = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
      if (pulls++ === 0) controller.enqueue(Buffer.from(event)) // and nothing more
    },
    cancel: () => cancelled.resolve(),
  })
  const send = auditFetch(capture, {
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const reader = (
    await send('http://provider.test/chat/completions', post({ stream: true }))
  ).body?.getReader()
  await reader?.read()
  await capture.drain()
  await expect(reader?.read()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  expect(await log.count()).toBe(1)
  await cancelled.promise // the connection is free
})
