import { AuditError } from '../errors.ts'
import { ownFields } from '../options.ts'
import { type EntryIdentity, nextEntryIdentity } from './entry-id.ts'
import { ENTRY_KEYS, type EntryFields, fieldsOf } from './fields.ts'

/** What an application records of one interaction with a language model. */
export interface EntryInput {
  /** The model that answered; not empty. */
  readonly model: string
  /** What the model was asked. */
  readonly inputText: string
  /** What it answered. */
  readonly outputText: string
  /** Who asked. Default: `'anonymous'`. */
  readonly user?: string | undefined
  /** What it cost, in US dollars; `null` when unknown (the default), and `0` means free. */
  readonly costUsd?: number | null | undefined
  /** How long the answer took, in milliseconds; `null` when unknown (the default). */
  readonly latencyMs?: number | null | undefined
  /**
   * Anything else worth keeping, as a JSON object: at most 256 levels, 1,000,000 values and 64 Mi characters. A key whose
   * value is `undefined` is left out. The type accepts interfaces too, so a value that is not JSON is an error at run time.
   * Default: `{}`.
   */
  readonly metadata?: object | undefined
}

/** One interaction as the log stores it. Deeply frozen. */
export interface AuditEntry extends EntryFields {
  /** Its number in the log, from 0, without gaps. */
  readonly index: number
}

/** The keys of an `EntryInput`. */
export const INPUT_KEYS = [
  'model',
  'inputText',
  'outputText',
  'user',
  'costUsd',
  'latencyMs',
  'metadata',
] as const satisfies (keyof EntryInput)[]

/**
 * Checks an input and makes a deeply frozen copy of it, with an id and a time.
 *
 * @param identity the id and the time. Default: a new id and the current time.
 * @throws AuditError `AUDIT_INVALID_ENTRY`, naming the field and what is wrong with it; `AUDIT_WRITE_FAILED` if the
 *   system's clock is outside the years that a timestamp can hold.
 */
export function createEntry(input: EntryInput, identity: EntryIdentity = nextEntryIdentity()): EntryFields {
  const given = ownFields(input, INPUT_KEYS, invalid)
  const { user = 'anonymous', costUsd = null, latencyMs = null, metadata = {} } = given
  const { model, inputText, outputText } = given
  const record = { ...identity, user, model, inputText, outputText, costUsd, latencyMs, metadata }
  const fields = fieldsOf(record, ENTRY_KEYS, { fail: invalid, undefinedValues: 'omit' })
  if (fields.model === '') throw invalid('model is empty; name the model that answered')
  for (const key of ['costUsd', 'latencyMs'] as const) {
    if ((fields[key] ?? 0) < 0) throw invalid(`${key} must not be negative`)
  }
  return Object.freeze(fields)
}

/** Gives an entry its index. `fields` must be deeply frozen, as `createEntry` and `decodeLine` return them. */
export function placeEntry(fields: EntryFields, index: number): AuditEntry {
  return Object.freeze({ ...fields, index })
}

/** Freezes an entry from a store. This costs little if it is frozen already. */
export function freezeEntry(entry: AuditEntry): AuditEntry {
  if (!Object.isFrozen(entry.metadata)) freezeDeep(entry.metadata)
  return Object.freeze(entry)
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const child of Object.values(value)) freezeDeep(child)
  Object.freeze(value)
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_ENTRY', reason)
}
