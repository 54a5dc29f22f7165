import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Leaf } from './merkle/leaf.ts'

/** A batch ends at this many entries… */
const MAX_BATCH_ENTRIES = 4096
/** …or at this many characters of their lines; a larger entry goes alone. */
const MAX_BATCH_LENGTH = 8 * 1024 * 1024

interface Waiting {
  readonly leaf: Leaf
  readonly resolve: (index: number) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: while one batch is being stored, further leaves gather into the next. One append is under way at a
 * time, in the order of the calls. No timer: a leaf that comes alone goes at once.
 */
export class AppendQueue {
  readonly #append: (leaves: readonly Leaf[]) => Promise<number>
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  constructor(append: (leaves: readonly Leaf[]) => Promise<number>) {
    this.#append = append
  }

  /** Resolves with the leaf's index once it is durable; rejects with the failure of its batch. */
  add(leaf: Leaf): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ leaf, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves once everything that was added is stored or has failed. */
  async drained(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  async #drain(): Promise<void> {
    await undefined // the calls of the same tick go down together
    while (this.#waiting.length > 0) {
      await this.#store(this.#takeBatch())
      // The callers record again, and timers and sockets get their turn, before the next batch.
      await nextTurn()
    }
    this.#draining = undefined
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      const first = await this.#append(batch.map(({ leaf }) => leaf))
      batch.forEach(({ resolve }, i) => {
        resolve(first + i)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  #takeBatch(): readonly Waiting[] {
    let length = 0
    let end = 0
    for (const { leaf } of this.#waiting) {
      length += leaf.line.length
      if (end > 0 && (end === MAX_BATCH_ENTRIES || length > MAX_BATCH_LENGTH)) break
      end++
    }
    return this.#waiting.splice(0, end)
  }
}
