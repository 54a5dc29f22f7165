import { AuditError } from '../errors.ts'

/** Bounds how much waits to be stored, so that a store that stands still does not fill the memory. */
export class PendingBytes {
  readonly #max: number
  #taken = 0

  /** @param max in bytes. A single entry may always wait, whatever its size. */
  constructor(max: number) {
    this.#max = max
  }

  /** Counts bytes in until `release`. Throws AuditError `AUDIT_OVERLOADED` if that would be too much. */
  take(bytes: number): void {
    if (this.#taken > 0 && this.#taken + bytes > this.#max) {
      throw new AuditError(
        'AUDIT_OVERLOADED',
        `${this.#taken} bytes are waiting to be stored, and this entry would exceed maxPendingBytes; it was not stored, so record it later`,
      )
    }
    this.#taken += bytes
  }

  /** Counts bytes out that `take` counted in. */
  release(bytes: number): void {
    this.#taken -= bytes
  }
}
