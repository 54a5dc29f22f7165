import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai'
import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer, REAL_EXCHANGES, realExchanges } from '@audit/harness'
import { generateText, streamText, wrapLanguageModel } from 'ai'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import type { Api } from './observed.ts'

const EACH = 8 // of 1,610, one in so many is enough to meet every kind of text

const REASON = REAL_EXCHANGES === undefined ? ' (skipped: they do not lie beside this checkout)' : ''

const KINDS: readonly (readonly [api: Api, form: string])[] = [
  ['chat', 'whole'],
  ['chat', 'streamed'],
  ['responses', 'whole'],
  ['responses', 'streamed'],
]

describe.skipIf(REAL_EXCHANGES === undefined)(`real exchanges${REASON}`, () => {
  test.each(KINDS)(
    'go through %s, %s, as they are',
    async (api, form) => {
      // The server gives the last answer of a question that occurs twice.
      const answers = new Map(realExchanges().map(({ inputText, outputText }) => [inputText, outputText]))
      const chosen = [...answers].filter((_, i) => i % EACH === 0)
      await using server = await ProviderServer.start()
      const log = new AuditLog({ backend: new MemoryBackend() })
      const capture = createCapture({ log })
      const openai: OpenAIProvider = createOpenAI({ apiKey: 'none', baseURL: server.scene().url })
      const model = wrapLanguageModel({
        model: openai[api]('gpt-4o-mini'),
        middleware: auditMiddleware(capture),
      })
      for (const [prompt, answer] of chosen) {
        const asked = form === 'whole' ? await generateText({ model, prompt }) : streamText({ model, prompt })
        expect(await asked.text).toBe(answer)
      }
      await capture.drain()
      const entries = await log.query()
      expect(entries.map(({ inputText, outputText }) => [inputText, outputText])).toEqual(chosen)
      for (const { metadata } of entries) expect(metadata['audit.status']).toBe('ok')
    },
    300_000,
  ) // 200 calls, one after the other
})
