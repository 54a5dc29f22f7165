/** Bytes in a hash of the tree: SHA-256. */
export const HASH_BYTES = 32

/** Hashes of 32 bytes, joined into one array. */
export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  hashes.forEach((hash, i) => {
    joined.set(hash, i * HASH_BYTES)
  })
  return joined
}

/** How many hashes are joined. */
export function hashCount(joined: Uint8Array): number {
  return joined.length / HASH_BYTES
}

/** The hash at a position of joined hashes, 32 bytes: a view, not a copy. */
export function hashAt(joined: Uint8Array, position: number): Uint8Array {
  return joined.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES)
}

/** The hashes from position `start`, inclusive, to `end`, exclusive: a view, not a copy. */
export function hashesBetween(joined: Uint8Array, start: number, end: number): Uint8Array {
  return joined.subarray(start * HASH_BYTES, end * HASH_BYTES)
}
