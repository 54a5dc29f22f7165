import type { AuditEntry, AuditLog, EntryFields, JsonObject } from '@audit/core'
import { canonicalEntryId, createLeaf, type Leaf } from '@audit/core/backend'
import { canonicalFields } from './source-line.ts'

/** The key of the metadata that holds the original id and time of an entry that got others. */
export const IMPORTED_KEY = 'audit.imported'

/** What a log holds of earlier imports, by the original ids. */
export class ImportedEntries {
  /** Leaf hashes of the entries as they were in their source. */
  readonly #hashes = new Map<string, string>()

  /** Reads a log once. */
  static async of(log: AuditLog, signal: AbortSignal): Promise<ImportedEntries> {
    const known = new ImportedEntries()
    for await (const { index: _, ...fields } of log.entries({ signal })) {
      const { entry, hash } = createLeaf(originalOf(fields))
      known.#hashes.set(canonicalEntryId(entry.entryId), keyOf(hash))
    }
    return known
  }

  /** Whether the log has this entry, another one of its id, or none. */
  compare({ entry, hash }: Leaf): 'same' | 'other' | 'none' {
    const known = this.#hashes.get(entry.entryId)
    if (known === undefined) return 'none'
    return known === keyOf(hash) ? 'same' : 'other'
  }
}

/** An entry as it was in the source that it was imported from; any other entry as it is. */
function originalOf(fields: EntryFields): EntryFields {
  const { [IMPORTED_KEY]: imported, ...metadata } = fields.metadata
  if (!isOriginal(imported)) return fields
  const { entry_id: entryId, timestamp, imported: earlier } = imported
  const original = { ...metadata, ...(earlier !== undefined && { [IMPORTED_KEY]: earlier }) }
  return canonicalFields({ ...fields, entryId, timestamp, metadata: original })
}

type Original = JsonObject & { readonly entry_id: string; readonly timestamp: string }

function isOriginal(value: AuditEntry['metadata'][string] | undefined): value is Original {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return (
    'entry_id' in value &&
    typeof value.entry_id === 'string' &&
    'timestamp' in value &&
    typeof value.timestamp === 'string'
  )
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('latin1')
}
