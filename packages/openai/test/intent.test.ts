import { createCapture } from '@audit/capture'
import { expectUnfinished } from '@audit/capture-harness'
import { AuditLog, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'

const server = await providerServer()

const messages = [{ role: 'user' as const, content: 'a question' }]

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  await expectUnfinished({
    program: new URL('record-until-killed.ts', import.meta.url),
    model: 'gpt-4o-mini',
    server,
  })
})

test('an intent is stored before the request leaves, and its call is about it', async () => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const scene = server.scene()
  const capture = createCapture({
    log: {
      record: async input => {
        order.push(`${scene.requests} requests`)
        return log.record(input)
      },
    },
    intent: true,
  })
  const order: string[] = []
  const openai = auditOpenAI(new OpenAI({ baseURL: scene.url, apiKey: 'none' }), capture)
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages })
  expect(order).toEqual(['0 requests', '1 requests'])
  expect(await capture.unfinished(log)).toEqual([])
})

test('an intent is stored once, however often the request is sent', async () => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, intent: true })
  const openai = auditOpenAI(
    new OpenAI({ baseURL: server.scene('rate-limited').url, apiKey: 'none' }),
    capture,
  )
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages })
  const [intent, call, ...others] = await log.query()
  expect(others).toEqual([])
  expect(call?.metadata).toMatchObject({ 'audit.about': intent?.entryId, 'audit.attempts': 3 })
})

test('a call of this capture that still runs is not called unfinished', async () => {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, intent: true })
  const openai = auditOpenAI(new OpenAI({ baseURL: server.scene().url, apiKey: 'none' }), capture)
  const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
  expect(await log.count()).toBe(1)
  expect(await capture.unfinished(log)).toEqual([])
  expect(await createCapture({ log }).unfinished(log)).toHaveLength(1)
  for await (const _ of stream);
  expect(await createCapture({ log }).unfinished(log)).toEqual([])
})
