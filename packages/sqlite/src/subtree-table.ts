import { HASH_BYTES, type SubtreeStore } from '@audit/core'
import type { Roots } from './protocol.ts'

/**
 * Keeps subtree roots in the table `audit_log_subtrees`. They wait for the next batch and share its transaction, so that
 * they cost no commit of their own. Lost ones are computed anew.
 */
export class SubtreeTable implements SubtreeStore {
  readonly #assertOpen: (use: 'read' | 'write') => void
  readonly #readStored: SubtreeStore['read']
  #waiting: readonly Roots[] = []

  constructor(assertOpen: (use: 'read' | 'write') => void, readStored: SubtreeStore['read']) {
    this.#assertOpen = assertOpen
    this.#readStored = readStored
  }

  /** Roots that are not in the table yet. */
  get waiting(): readonly Roots[] {
    return this.#waiting
  }

  async read(level: number, start: number, end: number): Promise<Uint8Array> {
    this.#assertOpen('read')
    const waiting = this.#waiting // before the table is read, into which they may go meanwhile
    let found = await this.#readStored(level, start, end)
    for (const roots of waiting) {
      const next = start + found.length / HASH_BYTES
      if (roots.level !== level || roots.start > next) continue
      const missing = roots.hashes.subarray(
        (next - roots.start) * HASH_BYTES,
        (end - roots.start) * HASH_BYTES,
      )
      if (missing.length > 0) found = Buffer.concat([found, missing])
    }
    return found
  }

  async write(level: number, start: number, hashes: Uint8Array): Promise<void> {
    this.#assertOpen('write')
    this.#waiting = [...this.#waiting, { level, start, hashes }]
  }

  /** Notes that these, which were waiting, are in the table now. */
  stored(roots: readonly Roots[]): void {
    this.#waiting = this.#waiting.filter(waiting => !roots.includes(waiting))
  }
}
