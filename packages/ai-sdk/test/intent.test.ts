import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { SDKS } from './sdks.ts'

const CHILD = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  const path = `${temporaryFolder()}/audit.jsonl`
  const child = spawn(process.execPath, [CHILD, path, server.scene('endless-stream').url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')

  const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
  expect(await createCapture({ log }).unfinished(log)).toMatchObject([
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

describe.each(SDKS)('ai $major', ({ ai, openai }) => {
  test('an intent is stored before each request leaves, and its call is about it', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const scene = server.scene('rate-limited')
    const requests: number[] = []
    const capture = createCapture({
      log: {
        record: async input => {
          requests.push(scene.requests)
          return log.record(input)
        },
      },
      intent: true,
    })
    const model = ai.wrapLanguageModel({
      model: openai({ baseURL: scene.url }).chat('gpt-4o-mini'),
      middleware: auditMiddleware(capture),
    })
    await ai.generateText({ model, prompt: 'a question' })
    expect(requests).toEqual([0, 1, 1, 2, 2, 3])
    const entries = await log.query()
    for (const i of [0, 2, 4]) {
      expect(entries[i + 1]?.metadata['audit.about']).toBe(entries[i]?.entryId)
    }
    expect(await capture.unfinished(log)).toEqual([])
  })
})
