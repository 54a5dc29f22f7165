import { createHash, hash, randomBytes } from 'node:crypto'

const KEY_BYTES = 16
/** Lines up to this length are hashed in one call, which is twice as fast. */
const SCRATCH_BYTES = 64 * 1024

/**
 * A checksum with a key that nobody outside the process knows. With a plain checksum, a line could be changed so that
 * its checksum stays the same.
 */
export class LineDigest {
  readonly #scratch = Buffer.alloc(KEY_BYTES + SCRATCH_BYTES)
  readonly #key = this.#scratch.subarray(0, KEY_BYTES)

  constructor() {
    randomBytes(KEY_BYTES).copy(this.#key)
  }

  /** 32 bits, for a line: one change in 4,294,967,296 would go unnoticed. */
  ofLine(line: Buffer): number {
    return firstBytes(this.#of(line), 4)
  }

  /** 48 bits, for an id that is distinguished by them alone. */
  ofId(id: string): number {
    return firstBytes(this.#of(Buffer.from(id)), 6)
  }

  /** A binary string, because a new Buffer for each line costs half as much as its hash. */
  #of(bytes: Buffer): string {
    if (bytes.length > SCRATCH_BYTES)
      return createHash('sha256').update(this.#key).update(bytes).digest('binary')
    bytes.copy(this.#scratch, KEY_BYTES)
    return hash('sha256', this.#scratch.subarray(0, KEY_BYTES + bytes.length), 'binary')
  }
}

function firstBytes(text: string, count: number): number {
  let value = 0
  for (let i = 0; i < count; i++) value = value * 256 + text.charCodeAt(i)
  return value
}
