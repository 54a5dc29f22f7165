import type { CallOutcome } from '@audit/capture'
import { countOf, recordOf, stringOf } from '@audit/capture/integration'
import { noAnswer } from './answer.ts'

/** What came of a call of an embedding model. Its numbers are not text: an entry says how many there are. */
export function embeddedOutcome(result: unknown): CallOutcome {
  const { embeddings, usage, response } = recordOf(result)
  if (!Array.isArray(embeddings)) return noAnswer(result)
  const count = embeddings.length
  const tokens = countOf(recordOf(usage).tokens)
  return {
    status: 'ok',
    output: `[${count} ${count === 1 ? 'embedding' : 'embeddings'}]`,
    responseModel: stringOf(recordOf(recordOf(response).body).model),
    usage: tokens === undefined ? undefined : { inputTokens: tokens },
  }
}
