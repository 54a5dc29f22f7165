import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { expect, test, vi } from 'vitest'
import { madeModel, noUsage, stopReason } from './made-model.ts'
import { SDKS, type Sdk } from './sdks.ts'

/** What is recorded of so many words, of which the application reads one. */
async function recordedOf(sdk: Sdk, words: number) {
  const log = new AuditLog()
  const capture = createCapture({ log, idleMs: 50 })
  const parts = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: '1' },
    ...Array.from({ length: words }, () => ({ type: 'text-delta', id: '1', delta: 'word ' })),
    { type: 'text-end', id: '1' },
    { type: 'finish', finishReason: stopReason(sdk.major), usage: noUsage(sdk.major) },
  ]
  const { textStream } = sdk.ai.streamText({ model: madeModel(sdk, capture, { parts }), prompt: 'Go on' })
  for await (const _ of textStream) break
  const [entry] = await vi.waitFor(async () => {
    const entries = await log.query()
    expect(entries).toHaveLength(1)
    return entries
  })
  await capture.drain()
  return { status: entry?.metadata['audit.status'], words: entry?.outputText.match(/word/g)?.length }
}

test.each(SDKS)('ai $major: a short answer that is left by `break` was read whole', async sdk => {
  expect(await recordedOf(sdk, 5)).toEqual({ status: 'ok', words: 5 })
})

test.each(SDKS)('ai $major: of a long one, the entry has what the SDK read', async sdk => {
  const { status, words } = await recordedOf(sdk, 500)
  if (sdk.major < 7) return expect({ status, words }).toEqual({ status: 'ok', words: 500 })
  expect(status).toBe('unfinished')
  expect(words).toBeGreaterThanOrEqual(1)
  expect(words).toBeLessThan(40)
})
