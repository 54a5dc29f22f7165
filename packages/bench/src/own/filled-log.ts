import { randomBytes } from 'node:crypto'
import { type AuditBackend, type AuditEntry, AuditLog, createSigner, generateKey } from '@audit/core'
import { createEntry, createLeaf, type Leaf } from '@audit/core/backend'
import { v7 } from 'uuid'
import { drive } from '../drive.ts'
import { type BackendName, newBackend } from './backends.ts'
import { conversations } from './conversations.ts'

/** 16,000 entries a day: a million in two months. */
const INTERVAL_MS = 5400
const DAY_MS = 86_400_000
const BATCH = 2048

/** Of all ids, which differ by their time: random bytes are slow to get. */
const RANDOM = randomBytes(16)

/** A log that is filled much faster than by recording, with entries of the past. */
export class FilledLog {
  readonly log: AuditLog
  /** How many entries `fill` fills it with. */
  readonly size: number
  readonly #backend: AuditBackend
  readonly #start: number
  readonly #take = conversations()
  #filled = 0

  /** @param keys those of the metadata that have an index. */
  constructor(name: BackendName, place: string, size: number, keys: readonly string[]) {
    this.#backend = newBackend(name, place, keys)
    const signer = createSigner(generateKey('example.com/bench').privateKey)
    this.log = new AuditLog({ backend: this.#backend, signer })
    this.size = size
    this.#start = Date.now() - DAY_MS - size * INTERVAL_MS
  }

  /** Fills it, up to entries of yesterday; the next batch is made while one is being stored. */
  async fill(): Promise<void> {
    await this.log.count() // opens it
    let storing: Promise<unknown> = Promise.resolve()
    while (this.#filled < this.size) {
      const batch = Array.from({ length: Math.min(BATCH, this.size - this.#filled) }, () => this.#nextLeaf())
      await storing
      storing = this.#backend.append(batch)
      storing.catch(() => {}) // the next await throws
    }
    await storing
    await this.log.checkpoint() // stores the roots that recording would have stored
  }

  /** Entries a second, recorded now, and no more than `most`. */
  record(callers: number, milliseconds: number, most?: number): Promise<number> {
    return drive(
      { record: exchange => this.log.record(exchange), close: async () => {} },
      callers,
      milliseconds,
      { take: this.#take, ...(most !== undefined && { most }) },
    )
  }

  /** Some entries from all over the log. */
  async sample(count: number): Promise<readonly AuditEntry[]> {
    const step = Math.max(1, Math.floor(this.size / count))
    const indexes = Array.from({ length: Math.min(count, this.size) }, (_, i) => i * step)
    return (await Promise.all(indexes.map(index => this.#backend.read(index, index + 1)))).flat()
  }

  #nextLeaf(): Leaf {
    const msecs = this.#start + this.#filled * INTERVAL_MS
    const entryId = v7({ msecs, seq: this.#filled, random: RANDOM })
    this.#filled++
    const timestamp = new Date(msecs).toISOString()
    return createLeaf(Object.freeze({ ...createEntry(this.#take()), entryId, timestamp }))
  }
}
