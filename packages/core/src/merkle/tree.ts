import { sha256, sha256Binary } from '../crypto/sha256.ts'
import { HASH_BYTES, hashCount, hashesBetween } from './hashes.ts'

/** The tree over the first `size` entries. */
export interface TreeHead {
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** The root of the empty tree: SHA-256 of nothing, 32 bytes (RFC 9162, section 2.1.1). */
export const EMPTY_ROOT: Uint8Array = sha256('')

// 0x01 ‖ left ‖ right; one buffer for all, since it is filled and hashed in one step.
const node = Buffer.alloc(1 + 2 * HASH_BYTES)
node[0] = 1

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 9162, section 2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  node.set(left, 1)
  node.set(right, 1 + HASH_BYTES)
  return sha256(node)
}

/** The root over hashes of one level, 32 bytes each, joined; any number of them (RFC 9162, section 2.1.1). */
export function rootOf(hashes: Uint8Array): Uint8Array {
  let count = hashCount(hashes)
  if (count === 0) return EMPTY_ROOT
  const level = Buffer.from(hashes)
  for (; count > 1; count = Math.ceil(count / 2)) foldLevel(level, count)
  return level.subarray(0, HASH_BYTES)
}

/** Replaces `count` hashes at the front by the half as many above them; an odd last one goes up as it is. */
function foldLevel(level: Buffer, count: number): void {
  const pairs = Math.floor(count / 2)
  for (let i = 0; i < pairs; i++) {
    node.set(hashesBetween(level, 2 * i, 2 * i + 2), 1)
    level.write(sha256Binary(node), i * HASH_BYTES, 'latin1')
  }
  if (count % 2 === 1) level.copyWithin(pairs * HASH_BYTES, (count - 1) * HASH_BYTES, count * HASH_BYTES)
}

/** Leaves of a tree by index, `start` inclusive to `end` exclusive, whose root stands in a proof. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** Whose roots make the inclusion proof of a leaf in a tree of `size` leaves, in order (RFC 9162, section 2.1.3.1). */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  return path(index, { start: 0, end: size })
}

function path(index: number, range: LeafRange): readonly LeafRange[] {
  if (range.end - range.start === 1) return []
  const [left, right] = split(range)
  return index < left.end ? [...path(index, left), right] : [...path(index, right), left]
}

/** Whose roots make the proof that a tree of `size` leaves continues one of `oldSize` (RFC 9162, section 2.1.4.1). */
export function consistencyRanges(oldSize: number, size: number): readonly LeafRange[] {
  return oldSize === 0 ? [] : subproof(oldSize, { start: 0, end: size }, true)
}

function subproof(oldEnd: number, range: LeafRange, isOldTree: boolean): readonly LeafRange[] {
  if (oldEnd === range.end) return isOldTree ? [] : [range]
  const [left, right] = split(range)
  if (oldEnd <= left.end) return [...subproof(oldEnd, left, isOldTree), right]
  return [...subproof(oldEnd, right, false), left]
}

/** Splits at the largest power of two that is smaller than the range. */
export function split({ start, end }: LeafRange): readonly [LeafRange, LeafRange] {
  let width = 1
  while (width * 2 < end - start) width *= 2
  return [
    { start, end: start + width },
    { start: start + width, end },
  ]
}
