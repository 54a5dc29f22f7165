import { sha256, sha256Binary } from '../crypto/sha256.ts'
import type { EntryFields } from '../entry/fields.ts'
import { encodeLine } from '../entry/line.ts'

/** An entry to be stored: its fields, its canonical JSON line, and the hash of that line. */
export interface Leaf {
  /** Deeply frozen. */
  readonly entry: EntryFields
  /** RFC 8785 JSON, without a newline. */
  readonly line: string
  /** 32 bytes: `leafHash(line)`. */
  readonly hash: Uint8Array
}

/** The leaf hash of a line: SHA-256(0x00 ‖ UTF-8 of the line), 32 bytes (RFC 9162, section 2.1.1). */
export function leafHash(line: string): Uint8Array {
  // U+0000 is the byte 0x00 in UTF-8, so one call encodes and hashes.
  return sha256(`\0${line}`)
}

const PREFIX = Buffer.of(0)

/** The leaf hash of a line, or of its UTF-8, as `sha256Binary` gives it. */
export function leafHashBinary(line: string | Uint8Array): string {
  return sha256Binary(typeof line === 'string' ? `\0${line}` : Buffer.concat([PREFIX, line]))
}

/** Makes what a backend's `append` takes. */
export function createLeaf(entry: EntryFields): Leaf {
  const line = encodeLine(entry)
  return { entry, line, hash: leafHash(line) }
}
