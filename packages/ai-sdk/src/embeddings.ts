import type { CallOutcome } from '@audit/capture'
import { numberOf, recordOf, stringOf } from '@audit/capture/integration'

/** What came of a call of an embedding model. Its numbers are not text: an entry says how many there are. */
export function embeddedOutcome(result: object): CallOutcome {
  const { embeddings, usage, response } = recordOf(result)
  const count = Array.isArray(embeddings) ? embeddings.length : 0
  const tokens = numberOf(recordOf(usage).tokens)
  return {
    status: 'ok',
    output: `[${count} ${count === 1 ? 'embedding' : 'embeddings'}]`,
    responseModel: stringOf(recordOf(recordOf(response).body).model),
    usage: tokens === undefined ? undefined : { inputTokens: tokens },
  }
}
