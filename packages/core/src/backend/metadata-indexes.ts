import { describe, quote, shown } from '../entry/json.ts'
import { invalidOptions } from '../options.ts'

/** How far the index of a named key has come, as backends that build one report it. */
export interface IndexingProgress {
  /** The key of the metadata. */
  readonly key: string
  /** How many entries are in the index, approximately. */
  readonly done: number
  /** How many entries there are to index; a store that keeps several logs together counts all of them. */
  readonly total: number
}

const MAX_KEYS = 32
const MAX_KEY_LENGTH = 256

/**
 * Checks a backend's option `metadataIndexes`: keys of the metadata, on its top level, by whose values entries are found at
 * once. Several processes may name different keys of one log; a key that was named once stays indexed in the store.
 *
 * @param owner whose option it is, for the message: `SqliteBackend`.
 * @returns the keys, each once; none where the option is `undefined`.
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for what is not an array of at most 32 texts of 1 to 256 characters without
 *   U+0000 and lone surrogates, and for a key that stands twice.
 */
export function metadataIndexesFrom(given: unknown, owner: string): readonly string[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw invalid(owner, `an array of keys is expected, not ${describe(given)}`)
  if (given.length > MAX_KEYS) throw invalid(owner, `at most ${MAX_KEYS} keys can be named`)
  const keys = Array.from(given, key => {
    if (isKey(key)) return key
    throw invalid(
      owner,
      `${shown(key)} is no key of 1 to ${MAX_KEY_LENGTH} characters, without U+0000 and lone surrogates`,
    )
  })
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) throw invalid(owner, `${quote(twice)} is named twice`)
  return keys
}

function isKey(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_KEY_LENGTH) return false
  return value.isWellFormed() && !value.includes('\0')
}

function invalid(owner: string, reason: string) {
  return invalidOptions(owner, `metadataIndexes: ${reason}`)
}
