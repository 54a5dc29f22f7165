import { setImmediate as nextTurn } from 'node:timers/promises'
import { AuditError } from '../errors.ts'
import type { Leaf } from '../merkle/leaf.ts'
import type { PendingBytes } from './pending-bytes.ts'

/** A batch ends at this many entries… */
const MAX_BATCH_ENTRIES = 4096
/** …or at this many bytes of their lines; a larger entry goes alone. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024

interface Waiting {
  readonly leaf: Leaf
  /** Bytes of its line in UTF-8. */
  readonly bytes: number
  readonly resolve: (index: number) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: while one batch is being stored, further leaves gather in the next. There is one append at a time, in the
 * order of the calls. There is no timer: a lone leaf is stored at once.
 */
export class AppendQueue {
  readonly #append: (leaves: readonly Leaf[]) => Promise<number>
  readonly #pending: PendingBytes
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  /** @param pending counts the bytes of the lines that are waiting or being stored. */
  constructor(append: (leaves: readonly Leaf[]) => Promise<number>, pending: PendingBytes) {
    this.#append = append
    this.#pending = pending
  }

  /**
   * Resolves with the leaf's index once it is durable; rejects with the failure of its batch.
   *
   * @throws AuditError `AUDIT_OVERLOADED` if too much is waiting; the leaf is not stored.
   */
  add(leaf: Leaf): Promise<number> {
    const bytes = Buffer.byteLength(leaf.line)
    this.#pending.take(bytes)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ leaf, bytes, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves once everything that was added is stored or has failed. */
  async drained(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    await undefined // the calls of one tick are stored together
    while (this.#waiting.length > 0) {
      await this.#store(this.#takeBatch())
      // Before the next batch, callers can record again, and timers and sockets get a turn.
      await nextTurn()
    }
    this.#draining = undefined
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      const first = await this.#append(batch.map(({ leaf }) => leaf))
      this.#release(batch)
      for (const [i, { resolve }] of batch.entries()) resolve(first + i)
    } catch (error) {
      this.#reject(batch, error)
      // Those who waited behind the batch waited for the lock too; otherwise each would now wait for a time-out of its own.
      if (isBusy(error)) this.#reject(this.#waiting.splice(0), error)
    }
  }

  #reject(batch: readonly Waiting[], error: unknown): void {
    this.#release(batch)
    for (const { reject } of batch) reject(error)
  }

  #release(batch: readonly Waiting[]): void {
    for (const { bytes } of batch) this.#pending.release(bytes)
  }

  #takeBatch(): readonly Waiting[] {
    let total = 0
    let end = 0
    for (const { bytes } of this.#waiting) {
      total += bytes
      if (end > 0 && (end === MAX_BATCH_ENTRIES || total > MAX_BATCH_BYTES)) break
      end++
    }
    return this.#waiting.splice(0, end)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof AuditError && error.code === 'AUDIT_BUSY'
}
