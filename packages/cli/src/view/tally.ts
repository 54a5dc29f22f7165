import type { AuditLog } from '@audit/core'
import {
  type AuditBackend,
  type GroupKey,
  matches,
  type Selection,
  Summarizer,
  type SummaryPart,
} from '@audit/core/backend'

/**
 * Sums of a growing log: counted once, then only what is new is added. The backend counts in threads or processes of its
 * own, so that nothing waits for it.
 */
export class Tally {
  readonly #log: AuditLog
  readonly #backend: AuditBackend
  readonly #selection: Selection
  readonly #by: readonly GroupKey[]
  readonly #summarizer: Summarizer
  #size = 0
  /** Callers wait for each other, so that nothing is counted twice. */
  #turn: Promise<unknown> = Promise.resolve()

  /** @param selection which entries; it has no size. */
  constructor(log: AuditLog, backend: AuditBackend, selection: Selection, by: readonly GroupKey[]) {
    this.#log = log
    this.#backend = backend
    this.#selection = selection
    this.#by = by
    this.#summarizer = new Summarizer(by)
  }

  /** The sums over the first entries of the log, or over more if they were counted already. */
  parts(size: number): Promise<readonly SummaryPart[]> {
    const turn = this.#turn.then(async () => {
      await this.#count(size)
      return this.#summarizer.parts()
    })
    this.#turn = turn.catch(() => {}) // whoever asked is told; the next one tries again
    return turn
  }

  async #count(size: number): Promise<void> {
    if (size <= this.#size) return
    if (this.#size === 0 && this.#backend.summarize) {
      const selection = { ...this.#selection, size }
      const parts = await this.#backend.summarize({ selection, by: this.#by, countsOnly: false })
      for (const part of parts) this.#summarizer.merge(part)
      this.#size = size
    }
    for await (const entry of this.#log.entries({ start: this.#size, end: size })) {
      if (matches(this.#selection, entry)) this.#summarizer.add(entry)
      this.#size = entry.index + 1
    }
  }
}
