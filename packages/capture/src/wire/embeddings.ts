import type { CallOutcome } from '../outcome.ts'
import { type JsonRecord, recordsOf, stringOf } from './json.ts'
import { jsonText } from './json-text.ts'
import { usageOf } from './openai-usage.ts'
import type { WireAnswer, WireFormat, WireQuestion } from './wire-format.ts'

/** OpenAI's embeddings. Their numbers are not text: an entry says how many there are. */
export const embeddings: WireFormat = {
  operation: 'embeddings',
  paths: ['/embeddings'],
  question,
  answer: () => new EmbeddingsAnswer(),
}

function question(body: JsonRecord): WireQuestion {
  const inputs: readonly unknown[] = Array.isArray(body.input) ? body.input : [body.input]
  const input = inputs.map(text => stringOf(text) ?? jsonText(text ?? '')).join('\n')
  return { requestModel: stringOf(body.model) ?? '', input, inputMessages: inputs }
}

class EmbeddingsAnswer implements WireAnswer {
  #known: Partial<CallOutcome> = {}

  whole(body: JsonRecord): void {
    const count = recordsOf(body.data).length
    this.#known = {
      output: `[${count} ${count === 1 ? 'embedding' : 'embeddings'}]`,
      responseModel: stringOf(body.model),
      usage: usageOf(body.usage),
    }
  }

  event(): boolean {
    return false // they are never streamed
  }

  sofar(): Partial<CallOutcome> {
    return this.#known
  }
}
