import type { AuditEntry } from '../entry/entry.ts'
import type { JsonObject } from '../entry/json.ts'
import { HASH_BYTES } from '../merkle/hashes.ts'
import { decodeBase64, encodeBase64 } from '../note/base64.ts'
import { isWholeNumber } from '../options.ts'

/** The model of the entry that closes an imported range. */
export const IMPORT_MODEL = 'audit/import'

/** The metadata of that entry. An importer may add keys of its own. */
const KEYS = {
  entries: 'audit.import.entries',
  root: 'audit.import.root',
  source: 'audit.import.source',
} as const

/**
 * Entries that were imported into an empty log with their own ids and times. They are the first of the log, and the entry
 * right after them says so.
 */
export interface ImportedRange {
  /** How many entries, from index 0 on. It is also the index of the entry that closes the range. */
  readonly entries: number
  /** The root over them, 32 bytes. */
  readonly root: Uint8Array
  /** What they were imported from, in the words of whoever imported them. */
  readonly source: string
}

/** What the entry that closes a range has in its metadata. Its model is `IMPORT_MODEL`. */
export function importMetadata({ entries, root, source }: ImportedRange): JsonObject {
  return { [KEYS.entries]: entries, [KEYS.root]: encodeBase64(root), [KEYS.source]: source }
}

/** The range that an entry closes, as far as the entry itself can say; `undefined` for any other entry. */
export function importedRangeOf({ model, index, metadata }: AuditEntry): ImportedRange | undefined {
  const { [KEYS.entries]: entries, [KEYS.root]: encoded, [KEYS.source]: source } = metadata
  if (model !== IMPORT_MODEL || !isWholeNumber(entries) || entries !== index || entries === 0)
    return undefined
  const root = typeof encoded === 'string' ? decodeBase64(encoded) : undefined
  if (root?.length !== HASH_BYTES || typeof source !== 'string') return undefined
  return { entries, root: Uint8Array.from(root), source }
}
