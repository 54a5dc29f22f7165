import { type ProviderAnswer, tokensOf } from './answer.ts'
import type { JsonRecord } from './question.ts'

/** The answer to `POST /embeddings`: three numbers for each input, as base64 where that is asked for. */
export function embeddings(body: JsonRecord): ProviderAnswer {
  const inputs = Array.isArray(body.input) ? body.input.map(String) : [String(body.input)]
  const tokens = inputs.reduce((sum, text) => sum + tokensOf(text), 0)
  const data = inputs.map((text, index) => {
    const numbers = [text.length, index, 0.5]
    const bytes = Buffer.from(new Float32Array(numbers).buffer)
    const embedding = body.encoding_format === 'base64' ? bytes.toString('base64') : numbers
    return { object: 'embedding', index, embedding }
  })
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return { json: { object: 'list', data, model: body.model, usage }, events: [] }
}
