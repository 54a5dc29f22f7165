import { AuditError } from '@audit/core'

/** How LangChain marks what `withRetry` asks again. */
const RETRY = 'retry:attempt:'

/**
 * Keeps `withRetry` from asking again below a run of a chain in which a record has failed: it takes that for a failed model, and would
 * pay for the answer again.
 */
export class RetryGuard {
  /** The failed records, by the id of the run that they failed in. */
  readonly #failures = new Map<string, AuditError>()

  /** Something has failed within a run. */
  failed(parentRunId: string | undefined, error: unknown): void {
    if (parentRunId !== undefined && error instanceof AuditError) this.#failures.set(parentRunId, error)
  }

  /** Something starts within a run. Throws the AuditError that failed there, if it is a retry. */
  admit(parentRunId: string | undefined, tags: readonly string[]): void {
    const failure = parentRunId === undefined ? undefined : this.#failures.get(parentRunId)
    if (failure && tags.some(tag => tag.startsWith(RETRY))) throw failure
  }

  /** A run is over. */
  over(runId: string): void {
    this.#failures.delete(runId)
  }
}
