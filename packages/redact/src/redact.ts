import type { PrepareContext, PreparedInput } from '@audit/core'
import { checkedOptions, type RedactOptions } from './options.ts'
import { EntryRedaction } from './redaction.ts'
import type { Mapping } from './restore.ts'

/** A `prepare` for an `AuditLog`, which replaces what the rules find by placeholders such as `[EMAIL_1]`. */
export type Redaction = (
  input: PreparedInput,
  context: PrepareContext,
) => PreparedInput | Promise<PreparedInput>

/** A redaction that keeps what it replaced, in memory, until it is taken. */
export interface RestorableRedaction extends Redaction {
  /**
   * Hands over what stands behind the placeholders of an entry, and forgets it. `undefined` if nothing of the entry was
   * redacted, if it was taken before, or if more than 10,000 entries came after it. To keep it in a store of your own
   * instead, give `restore` a function.
   */
  take(entryId: string): Mapping | undefined
}

/** So many entries' values are kept for `take`; the oldest are forgotten first. */
const KEPT_ENTRIES = 10_000

/** The same as below, with `take` for what was redacted. */
export function redact(options: RedactOptions & { readonly restore: true }): RestorableRedaction
/**
 * Makes a `prepare` that redacts the input, the output and the texts of the metadata of each entry before anything is hashed
 * or stored. What capturing a call writes into the metadata stays: ids, models, states (`KEPT_KEYS`). Within an entry, the
 * same value has the same placeholder. `metadata['audit.redacted']` says which version of the rules ran, and how often each
 * kind was replaced.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown or invalid option, and when nothing would be redacted.
 *
 * @example
 * const log = new AuditLog({ backend, prepare: redact({ country: 'US' }) })
 */
export function redact(options?: RedactOptions): Redaction
export function redact(options: RedactOptions = {}): Redaction {
  const { restore, ...finders } = checkedOptions(options)
  if (restore === false) return input => new EntryRedaction(finders).apply(input)
  const kept = new KeptMappings()
  const keep = restore === true ? kept.keep : restore
  const prepare: Redaction = async (input, { entryId }) => {
    const redaction = new EntryRedaction(finders)
    const redacted = redaction.apply(input)
    const mapping = redaction.mapping()
    if (Object.keys(mapping).length > 0) await keep(entryId, mapping)
    return redacted
  }
  return restore === true ? Object.assign(prepare, { take: kept.take }) : prepare
}

/** The newest mappings, by entry. */
class KeptMappings {
  readonly #byEntry = new Map<string, Mapping>()

  readonly keep = (entryId: string, mapping: Mapping): void => {
    this.#byEntry.set(entryId, mapping)
    const [oldest] = this.#byEntry.keys()
    if (this.#byEntry.size > KEPT_ENTRIES && oldest !== undefined) this.#byEntry.delete(oldest)
  }

  readonly take = (entryId: string): Mapping | undefined => {
    const mapping = this.#byEntry.get(entryId)
    this.#byEntry.delete(entryId)
    return mapping
  }
}
