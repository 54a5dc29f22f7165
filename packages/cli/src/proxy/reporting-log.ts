import type { AuditEntry, AuditLog, EntryInput } from '@audit/core'

/** A log that counts what is stored, and tells of what is not: the client that gets the error may not be whoever runs the proxy. */
export class ReportingLog {
  readonly #log: Pick<AuditLog, 'record'>
  readonly #onFailure: (error: unknown) => void
  #stored = 0

  constructor(log: Pick<AuditLog, 'record'>, onFailure: (error: unknown) => void) {
    this.#log = log
    this.#onFailure = onFailure
  }

  /** How many entries were stored. */
  get stored(): number {
    return this.#stored
  }

  /** Records, and throws, as the log does. */
  async record(input: EntryInput): Promise<AuditEntry> {
    try {
      const entry = await this.#log.record(input)
      this.#stored++
      return entry
    } catch (error) {
      this.#onFailure(error)
      throw error
    }
  }
}
