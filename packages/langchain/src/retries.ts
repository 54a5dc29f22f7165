import { recordOf } from '@audit/capture/integration'
import { AuditError } from '@audit/core'
import { type Method, override } from './override.ts'

/** The methods that make another Runnable of a model, which holds it. */
const MAKERS = ['bindTools', 'withConfig', 'withStructuredOutput', 'pipe']

const stopped = new WeakSet()

/**
 * Keeps `withRetry` of a model, and of what is made of it, from asking again after a failed record: it would take that for a failed
 * model, and pay for the answer again.
 */
export function stopRetries(runnable: unknown): void {
  if (typeof runnable !== 'object' || runnable === null || stopped.has(runnable)) return
  stopped.add(runnable)
  override(runnable, 'withRetry', original => fields => {
    const { onFailedAttempt } = recordOf(fields)
    const stop = (error: unknown, input: unknown) => {
      if (error instanceof AuditError) throw error
      // It may decide later: LangChain awaits it.
      return typeof onFailedAttempt === 'function' ? (onFailedAttempt as Method)(error, input) : undefined
    }
    return original({ ...recordOf(fields), onFailedAttempt: stop })
  })
  for (const maker of MAKERS) {
    override(runnable, maker, original => (...given) => {
      const made = original(...given)
      stopRetries(made)
      return made
    })
  }
}
