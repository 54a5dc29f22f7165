import { type AuditBackend, type AuditEntry, AuditLog } from '@audit/core'
import { createEntry, createLeaf, type Leaf } from '@audit/core/backend'
import { v7 } from 'uuid'
import { drive, taker } from '../drive.ts'
import { type BackendName, newBackend } from './backends.ts'

/** 100,000 entries a day. */
const INTERVAL_MS = 864
const DAY_MS = 86_400_000
const BATCH = 2048

/** A log that is filled much faster than by recording, with entries of the past. */
export class FilledLog {
  readonly log: AuditLog
  readonly #backend: AuditBackend
  readonly #start: number
  readonly #take = taker()
  #size = 0

  /** @param largest how many entries it will have at most: the last of them is of yesterday. */
  constructor(name: BackendName, place: string, largest: number) {
    this.#backend = newBackend(name, place)
    this.log = new AuditLog({ backend: this.#backend })
    this.#start = Date.now() - DAY_MS - largest * INTERVAL_MS
  }

  /** How many entries it was filled with. */
  get size(): number {
    return this.#size
  }

  /** The entry of the past with this number: what it must be found by. */
  timeOf(number: number): Date {
    return new Date(this.#start + number * INTERVAL_MS)
  }

  /** Fills it up to this size; the next batch is made while one is being stored. */
  async fill(size: number): Promise<void> {
    await this.log.count() // opens it
    let storing: Promise<unknown> = Promise.resolve()
    while (this.#size < size) {
      const batch = Array.from({ length: Math.min(BATCH, size - this.#size) }, () => this.#nextLeaf())
      await storing
      storing = this.#backend.append(batch)
      storing.catch(() => {}) // the next await throws
    }
    await storing
  }

  /** Entries a second, recorded now. */
  record(callers: number, milliseconds: number): Promise<number> {
    return drive(
      { record: exchange => this.log.record(exchange), close: async () => {} },
      callers,
      milliseconds,
    )
  }

  /** Some entries from all over the log. */
  async sample(count: number): Promise<readonly AuditEntry[]> {
    const step = Math.max(1, Math.floor(this.#size / count))
    const places = Array.from({ length: Math.min(count, this.#size) }, (_, i) => i * step)
    return (await Promise.all(places.map(place => this.#backend.read(place, place + 1)))).flat()
  }

  #nextLeaf(): Leaf {
    const time = this.timeOf(this.#size)
    const entryId = v7({ msecs: time.getTime(), seq: this.#size })
    this.#size++
    return createLeaf(Object.freeze({ ...createEntry(this.#take()), entryId, timestamp: time.toISOString() }))
  }
}
