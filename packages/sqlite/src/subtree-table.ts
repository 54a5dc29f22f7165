import { hashCount, hashesBetween, type LifeCycle, type SubtreeStore } from '@audit/core/backend'
import type { Roots } from './protocol.ts'

/**
 * Stores subtree roots in the table `audit_log_subtrees`. They are written in the transaction of the next batch, so that
 * they cost no commit of their own. Lost ones are recomputed.
 */
export class SubtreeTable implements SubtreeStore {
  readonly #life: LifeCycle
  readonly #readStored: SubtreeStore['read']
  #waiting: readonly Roots[] = []

  constructor(life: LifeCycle, readStored: SubtreeStore['read']) {
    this.#life = life
    this.#readStored = readStored
  }

  /** Roots that are not yet in the table. */
  get waiting(): readonly Roots[] {
    return this.#waiting
  }

  async read(level: number, start: number, end: number): Promise<Uint8Array> {
    const waiting = this.#waiting // copied before the table is read, because they may be written to it meanwhile
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

  /** Records that these waiting roots are now in the table. */
  stored(roots: readonly Roots[]): void {
    this.#waiting = this.#waiting.filter(waiting => !roots.includes(waiting))
  }
}
