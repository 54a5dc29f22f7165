import type { EntryInput } from '../entry/entry.ts'
import type { EntryFields } from '../entry/fields.ts'
import { AuditError } from '../errors.ts'

/**
 * Changes an input before it is hashed and stored, for example to redact it. It is called once for each `record`, with a
 * copy that it may change, and returns what to record instead; it may be asynchronous, and then entries get their
 * indexes in the order in which it settles. It has no time limit: `record`, and `close`, wait for it. If it throws, rejects, or returns
 * something that is not an input, `record` rejects with `AUDIT_INVALID_ENTRY`, and nothing of the input is stored or shown.
 *
 * @example
 * const prepare: Prepare = input => ({ ...input, inputText: mask(input.inputText) })
 */
export type Prepare = (input: PreparedInput, context: PrepareContext) => EntryInput | Promise<EntryInput>

/** What `prepare` receives: the input with its defaults filled in. It belongs to `prepare` alone. */
export type PreparedInput = {
  -readonly [K in keyof EntryInput]-?: Exclude<EntryInput[K], undefined>
}

/** What `prepare` knows besides the input. */
export interface PrepareContext {
  /** The id that the entry will have. */
  readonly entryId: string
}

/** What `prepare` returns for an entry. Its own errors may quote the input, so only their kind is shown. */
export async function preparedInput(prepare: Prepare, fields: EntryFields): Promise<EntryInput> {
  const { entryId, timestamp, ...input } = fields
  try {
    // The clone is mutable, as `PreparedInput` says; no other code has it.
    return await prepare(structuredClone(input), Object.freeze({ entryId }))
  } catch (error) {
    throw preparationFailed(`threw ${nameOf(error)}`)
  }
}

/** The error for a `prepare` that did not return an input. It has no cause, which might quote the input. */
export function preparationFailed(what: string): AuditError {
  return new AuditError(
    'AUDIT_INVALID_ENTRY',
    `prepare ${what}, so nothing was stored; correct it, then record again`,
  )
}

function nameOf(error: unknown): string {
  try {
    if (error instanceof TypeError) return 'a TypeError'
    return error instanceof RangeError ? 'a RangeError' : 'an error'
  } catch {
    return 'an error' // a proxy may throw anything as soon as it is looked at
  }
}
