import type { AuditEntry } from '../entry/entry.ts'
import { timeOfEntryId } from '../entry/entry-id.ts'
import { encodeLine } from '../entry/line.ts'
import { AuditError } from '../errors.ts'
import { HASH_BYTES } from '../merkle/hashes.ts'
import { leafHashBinary } from '../merkle/leaf.ts'

/**
 * What a verification compares of entries: computed from the entries as they are stored, and from nothing that is stored
 * beside them. The lists belong together position by position. It is plain data, so that it crosses to another thread for a
 * fraction of what the entries would cost.
 */
export interface EntryDigests {
  readonly indexes: readonly number[]
  readonly entryIds: readonly string[]
  /** Leaf hashes, 32 bytes each, joined. */
  readonly leafHashes: Uint8Array
  /** Whether the id holds the timestamp, as in every entry that this package writes. */
  readonly areOwn: readonly boolean[]
  /** Whether there may be more, as in a `Page`. */
  readonly isPartial: boolean
}

/** The same of one entry. */
export interface EntryDigest {
  readonly index: number
  readonly entryId: string
  /** 32 characters, a byte each. */
  readonly leafHash: string
  /** Whether the id holds the timestamp: `isOwn`. */
  readonly isOwn: boolean
}

/**
 * The digests of entries that a store has read.
 *
 * @throws AuditError `AUDIT_CORRUPT` if one of them cannot be encoded.
 */
export function digestsOf(entries: readonly AuditEntry[], isPartial: boolean): EntryDigests {
  return joinDigests(entries.map(digestOf), isPartial)
}

/** The digest of an entry that a store has read. Throws as `digestsOf` does. */
export function digestOf(entry: AuditEntry): EntryDigest {
  const { index, entryId } = entry
  return { index, entryId, leafHash: leafHashBinary(lineOf(entry)), isOwn: isOwn(entry) }
}

/**
 * The digest of an entry that this package wrote, from its canonical line, which need not be decoded.
 *
 * @param line its UTF-8, without a newline.
 */
export function digestOfOwnLine(index: number, entryId: string, line: Uint8Array): EntryDigest {
  return { index, entryId, leafHash: leafHashBinary(line), isOwn: true }
}

/** Digests as a backend answers with them. */
export function joinDigests(digests: readonly EntryDigest[], isPartial: boolean): EntryDigests {
  return {
    indexes: digests.map(({ index }) => index),
    entryIds: digests.map(({ entryId }) => entryId),
    leafHashes: new Uint8Array(Buffer.from(digests.map(({ leafHash }) => leafHash).join(''), 'latin1')),
    areOwn: digests.map(({ isOwn }) => isOwn),
    isPartial,
  }
}

/** Whether the id holds the timestamp, as in every entry that this package writes. */
export function isOwn({ entryId, timestamp }: Pick<AuditEntry, 'entryId' | 'timestamp'>): boolean {
  return timeOfEntryId(entryId) === timestamp
}

function lineOf(entry: AuditEntry): string {
  try {
    return encodeLine(entry)
  } catch (error) {
    throw AuditError.wrap(error, 'AUDIT_CORRUPT', `entry ${entry.index} cannot be encoded`)
  }
}

/** Whether a backend's answer has the form of digests. */
export function areDigests(given: unknown): given is EntryDigests {
  if (typeof given !== 'object' || given === null) return false
  const {
    indexes,
    entryIds,
    leafHashes,
    areOwn,
    isPartial,
  }: { readonly [K in keyof EntryDigests]?: unknown } = given
  if (!Array.isArray(indexes) || !Array.isArray(entryIds) || !Array.isArray(areOwn)) return false
  return (
    ArrayBuffer.isView(leafHashes) &&
    leafHashes.byteLength === indexes.length * HASH_BYTES &&
    entryIds.length === indexes.length &&
    areOwn.length === indexes.length &&
    typeof isPartial === 'boolean' &&
    indexes.every(Number.isSafeInteger) &&
    entryIds.every(id => typeof id === 'string')
  )
}
