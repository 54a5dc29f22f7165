import { createCapture } from '@audit/capture'
import { expectUnfinished } from '@audit/capture-harness'
import { AuditLog, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { SDKS } from './sdks.ts'

const server = await providerServer()

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  await expectUnfinished({
    program: new URL('record-until-killed.ts', import.meta.url),
    model: 'gpt-4o-mini',
    server,
  })
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
