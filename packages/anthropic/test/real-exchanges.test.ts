import { Anthropic } from '@anthropic-ai/sdk'
import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer, REAL_EXCHANGES, realExchanges } from '@audit/harness'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { addressOf, MODEL } from './observed.ts'

const EACH = 8 // of 1,610, one in so many is enough to meet every kind of text

const REASON = REAL_EXCHANGES === undefined ? ' (skipped: they do not lie beside this checkout)' : ''

describe.skipIf(REAL_EXCHANGES === undefined)(`real exchanges${REASON}`, () => {
  test.each(['json', 'stream'])('go through as they are: %s', async form => {
    // The server gives the last answer of a question that occurs twice.
    const answers = new Map(realExchanges().map(({ inputText, outputText }) => [inputText, outputText]))
    const chosen = [...answers].filter((_, i) => i % EACH === 0)
    await using server = await ProviderServer.start()
    const log = new AuditLog({ backend: new MemoryBackend() })
    const capture = createCapture({ log })
    const middleware = [auditMiddleware(capture)]
    const anthropic = new Anthropic({ apiKey: 'none', baseURL: addressOf(server.scene()), middleware })
    for (const [question, answer] of chosen) expect(await asked(anthropic, form, question)).toBe(answer)
    await capture.drain()
    const entries = await log.query()
    expect(entries.map(({ inputText, outputText }) => [inputText, outputText])).toEqual(chosen)
    for (const { metadata } of entries) expect(metadata['audit.status']).toBe('ok')
  })
})

/** Asks, and puts the answer together as an application does. */
async function asked({ messages }: Anthropic, form: string, question: string): Promise<string> {
  const body = { model: MODEL, max_tokens: 100, messages: [{ role: 'user' as const, content: question }] }
  if (form === 'json') {
    const { content } = await messages.create(body)
    return content.map(block => (block.type === 'text' ? block.text : '')).join('')
  }
  let text = ''
  for await (const event of await messages.create({ ...body, stream: true })) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
  }
  return text
}
