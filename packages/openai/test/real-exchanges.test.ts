import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer, REAL_EXCHANGES, realExchanges } from '@audit/harness'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'

const EACH = 8 // of 1,610, one in so many is enough to meet every kind of text

const REASON = REAL_EXCHANGES === undefined ? ' (skipped: they do not lie beside this checkout)' : ''

describe.skipIf(REAL_EXCHANGES === undefined)(`real exchanges${REASON}`, () => {
  test.each(['chat', 'chat stream', 'responses', 'responses stream'])(
    'go through %s as they are',
    async kind => {
      // The server gives the last answer of a question that occurs twice.
      const answers = new Map(realExchanges().map(({ inputText, outputText }) => [inputText, outputText]))
      const chosen = [...answers].filter((_, i) => i % EACH === 0)
      await using server = await ProviderServer.start()
      const log = new AuditLog({ backend: new MemoryBackend() })
      const capture = createCapture({ log })
      const openai = auditOpenAI(new OpenAI({ apiKey: 'none', baseURL: server.scene().url }), capture)
      for (const [question, answer] of chosen) expect(await asked(openai, kind, question)).toBe(answer)
      await capture.drain()
      const entries = await log.query()
      expect(entries.map(({ inputText, outputText }) => [inputText, outputText])).toEqual(chosen)
      for (const { metadata } of entries) expect(metadata['audit.status']).toBe('ok')
    },
  )
})

/** Asks, and puts the answer together as an application does. */
async function asked(openai: OpenAI, kind: string, question: string): Promise<string> {
  const model = 'gpt-4o-mini'
  const messages = [{ role: 'user' as const, content: question }]
  if (kind === 'chat') {
    const answer = await openai.chat.completions.create({ model, messages })
    return answer.choices[0]?.message.content ?? ''
  }
  if (kind === 'responses') return (await openai.responses.create({ model, input: question })).output_text
  let text = ''
  if (kind === 'chat stream') {
    const stream = await openai.chat.completions.create({ model, messages, stream: true })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    return text
  }
  for await (const event of await openai.responses.create({ model, input: question, stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  return text
}
