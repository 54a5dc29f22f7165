import { hashCount, hashesBetween, type LifeCycle, type SubtreeStore } from '@audit/core/backend'
import type { Roots } from './protocol.ts'

/**
 * Keeps subtree roots in the table `audit_log_subtrees`. They wait for the next batch and share its transaction, so that
 * they cost no commit of their own. Lost ones are computed anew.
 */
export class SubtreeTable implements SubtreeStore {
  readonly #life: LifeCycle
  readonly #readStored: SubtreeStore['read']
  #waiting: readonly Roots[] = []

  constructor(life: LifeCycle, readStored: SubtreeStore['read']) {
    this.#life = life
    this.#readStored = readStored
  }

  /** Roots that are not in the table yet. */
  get waiting(): readonly Roots[] {
    return this.#waiting
  }

  async read(level: number, start: number, end: number): Promise<Uint8Array> {
    const waiting = this.#waiting // before the table is read, into which they may go meanwhile
    let found = await this.#readStored(level, start, end)
    for (const roots of waiting) {
      const next = start + hashCount(found)
      if (roots.level !== level || roots.start > next) continue
      const missing = hashesBetween(roots.hashes, next - roots.start, end - roots.start)
      if (missing.length > 0) found = Buffer.concat([found, missing])
    }
    return found
  }

  write(level: number, start: number, hashes: Uint8Array): Promise<void> {
    return this.#life.write(async () => {
      this.#waiting = [...this.#waiting, { level, start, hashes }]
    })
  }

  /** Notes that these, which were waiting, are in the table now. */
  stored(roots: readonly Roots[]): void {
    this.#waiting = this.#waiting.filter(waiting => !roots.includes(waiting))
  }
}
