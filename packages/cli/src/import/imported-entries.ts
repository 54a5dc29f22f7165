import { type AuditEntry, AuditError, type AuditLog, type EntryFields, type JsonObject } from '@audit/core'
import { canonicalEntryId, createLeaf, digestsOf, IMPORT_MODEL, type Leaf, mapKey } from '@audit/core/backend'
import { canonicalFields } from './source-line.ts'

/** The key of the metadata that holds the original id and time of an entry that got others. */
export const IMPORTED_KEY = 'audit.imported'
/** The key of the metadata, in the entry that closes an imported range, that says how many entries it closes. */
const ENTRIES_KEY = 'audit.import.entries'

/**
 * What a log holds already: each entry as it is and, if it was imported with another id and time, as it was in its source, and
 * in the source of that.
 */
export class ImportedEntries {
  readonly #ids = new Set<string>()
  /** Leaf hashes, which stand for the ids too. */
  readonly #hashes = new Set<string>()
  #unclosed: UnclosedRange | undefined

  /** Reads a log once. */
  static async of(log: AuditLog, signal: AbortSignal): Promise<ImportedEntries> {
    const known = new ImportedEntries()
    for await (const entry of log.entries({ signal })) {
      const isOwn = known.#add(entry)
      known.#unclosed = unclosedBehind(known.#unclosed, entry, isOwn)
    }
    return known
  }

  /**
   * Entries with ids that the log has not given out, and that no import has closed: one was broken off. Once anything stands
   * behind them, it cannot be closed any more.
   */
  get unclosed(): UnclosedRange | undefined {
    return this.#unclosed
  }

  /** Whether the log has this entry, another one of its id, or none. */
  compare({ entry, hash }: Leaf): 'same' | 'other' | 'none' {
    if (this.#hashes.has(keyOf(hash))) return 'same'
    return this.#ids.has(mapKey(entry.entryId)) ? 'other' : 'none'
  }

  /** Returns whether the log gave the entry its id. */
  #add(entry: AuditEntry): boolean {
    const { leafHashes, areOwn } = digestsOf([entry], false)
    this.#ids.add(mapKey(canonicalEntryId(entry.entryId)))
    this.#hashes.add(keyOf(leafHashes))
    const { index: _, ...fields } = entry
    for (let original = originalOf(fields); original; original = originalOf(original)) {
      this.#ids.add(mapKey(canonicalEntryId(original.entryId)))
      this.#hashes.add(keyOf(createLeaf(original).hash))
    }
    return areOwn[0] === true
  }
}

/** Entries of an import that was broken off. */
export interface UnclosedRange {
  /** The first of them. */
  readonly start: number
  /** Whether something else stands behind them. */
  readonly isOver: boolean
}

function unclosedBehind(
  range: UnclosedRange | undefined,
  { index, model, metadata }: AuditEntry,
  isOwn: boolean,
): UnclosedRange | undefined {
  if (!isOwn) return { start: range?.start ?? index, isOver: false }
  if (model === IMPORT_MODEL && metadata[ENTRIES_KEY] === index) return undefined // it closes all before it
  return range && { ...range, isOver: true }
}

/** An imported entry as it was in its source; `undefined` for any other. */
function originalOf(fields: EntryFields): EntryFields | undefined {
  const { [IMPORTED_KEY]: imported, ...metadata } = fields.metadata
  if (!isOriginal(imported)) return undefined
  const { entry_id: entryId, timestamp, imported: earlier } = imported
  const original = { ...metadata, ...(earlier !== undefined && { [IMPORTED_KEY]: earlier }) }
  try {
    return canonicalFields({ ...fields, entryId, timestamp, metadata: original })
  } catch (error) {
    if (error instanceof AuditError) return undefined // metadata that an application made up
    throw error
  }
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
