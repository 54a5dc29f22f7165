import type { AuditEntry } from '../entry/entry.ts'
import { timeOfEntryId } from '../entry/entry-id.ts'
import { encodeLine } from '../entry/line.ts'
import { AuditError } from '../errors.ts'
import { HASH_BYTES, joinHashes } from '../merkle/hashes.ts'
import { leafHash } from '../merkle/leaf.ts'

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

/**
 * The digests of entries that a store has read.
 *
 * @throws AuditError `AUDIT_CORRUPT` if one of them cannot be encoded.
 */
export function digestsOf(entries: readonly AuditEntry[], isPartial: boolean): EntryDigests {
  return {
    indexes: entries.map(({ index }) => index),
    entryIds: entries.map(({ entryId }) => entryId),
    leafHashes: joinHashes(entries.map(hashOf)),
    areOwn: entries.map(({ entryId, timestamp }) => timeOfEntryId(entryId) === timestamp),
    isPartial,
  }
}

function hashOf(entry: AuditEntry): Uint8Array {
  try {
    return leafHash(encodeLine(entry))
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
