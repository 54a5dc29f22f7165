import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'

const CHILD = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

const messages = [{ role: 'user' as const, content: 'a question' }]

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  const path = `${temporaryFolder()}/audit.jsonl`
  const child = spawn(process.execPath, [CHILD, path, server.scene('endless-stream').url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')

  const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
  const capture = createCapture({ log })
  const unfinished = await capture.unfinished(log)
  expect(unfinished).toMatchObject([
    {
      user: 'alice',
      model: 'gpt-4o-mini',
      inputText: 'a question without an answer',
      outputText: '',
      metadata: { 'audit.status': 'unfinished', 'audit.intent': true },
    },
  ])
  const entries = await log.query()
  expect(entries).toHaveLength(3) // the first question with its answer, and the intent
  expect(entries[1]?.metadata).toMatchObject({ 'audit.status': 'ok', 'audit.about': entries[0]?.entryId })
  await log.close()
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
