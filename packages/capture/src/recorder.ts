import { AuditError, type EntryInput } from '@audit/core'
import type { Call } from './call.ts'
import type { CheckedOptions } from './capture-options.ts'
import { withMessagesAsText } from './exact-messages.ts'
import { auditFailure, drainError, type Loss, lossError, type Unrecorded } from './failure.ts'

/** How many losses are kept until `drain()`; of more, the number. */
const MOST_LOSSES = 100

/** Records the calls of one capture: what becomes of failures, and which calls are open. */
export class Recorder {
  readonly options: CheckedOptions
  readonly #open = new Map<Call, PromiseWithResolvers<void>>()
  #losses: AuditError[] = []
  #lost = 0

  constructor(options: CheckedOptions) {
    this.options = options
  }

  /** The calls that have not been recorded yet. */
  get open(): readonly Call[] {
    return [...this.#open.keys()]
  }

  /**
   * Records an entry, and resolves with its id once it is stored.
   *
   * @throws AuditError if it could not be stored; or what the application's handler throws.
   */
  async record(draft: EntryInput, what: Unrecorded): Promise<string | undefined> {
    try {
      const entry: { readonly entryId?: string } | undefined = await this.#store(draft)
      return entry?.entryId // a test double may resolve with nothing
    } catch (error) {
      const failure = auditFailure(error, what)
      if (!this.options.onAuditFailure) throw failure
      await this.options.onAuditFailure(failure, draft) // an asynchronous one may reject
      return undefined
    }
  }

  /** No call may fail for what a model answered: exact messages that no entry can hold are stored as text. */
  async #store(draft: EntryInput) {
    try {
      return await this.options.log.record(draft)
    } catch (error) {
      const isRefused = error instanceof AuditError && error.code === 'AUDIT_INVALID_ENTRY'
      const plain = isRefused ? withMessagesAsText(draft) : undefined
      if (!plain) throw error
      return this.options.log.record(plain)
    }
  }

  /** A call began. */
  opened(call: Call): void {
    this.#open.set(call, Promise.withResolvers())
  }

  /** A call was recorded, or could not be. */
  closed(call: Call): void {
    this.#open.get(call)?.resolve()
    this.#open.delete(call)
  }

  /** A failure that no application can be told of: nobody waits for that call any more. Each becomes a warning. */
  lost(loss: Loss): void {
    const error = lossError(loss, ++this.#lost)
    process.emitWarning(error)
    if (this.#losses.length < MOST_LOSSES) this.#losses.push(error)
  }

  /** Ends all open calls, waits until they are recorded, and rejects with the failures that nobody was told of. */
  async drain(): Promise<void> {
    while (this.#open.size > 0) {
      const recorded = Array.from(this.#open.values(), ({ promise }) => promise)
      for (const call of this.#open.keys()) if (!call.hasEnded) call.abandon() // the others have somebody who waits
      await Promise.all(recorded)
    }
    const error = drainError(this.#losses, this.#lost)
    this.#losses = []
    this.#lost = 0
    if (error) throw error
  }
}
