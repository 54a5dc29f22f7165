import { nextEntryIdentity } from './entry-id.ts'
import { AuditError } from './errors.ts'
import { copyJsonObject, describe, isPlainObject, type JsonObject } from './json.ts'

/** What an application says of one interaction with a language model. */
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
  /** Anything else worth keeping, as a JSON object, at most 256 levels deep. Default: `{}`. */
  readonly metadata?: JsonObject | undefined
}

/** An entry without its place in the log: the nine fields that are stored and hashed. */
export interface EntryFields {
  /** UUID v7 (RFC 9562), given out by the log. */
  readonly entryId: string
  /** When it was recorded: UTC with milliseconds, `2026-11-23T20:28:00.123Z`. */
  readonly timestamp: string
  readonly user: string
  readonly model: string
  readonly inputText: string
  readonly outputText: string
  /** US dollars; `null` when unknown. */
  readonly costUsd: number | null
  /** Milliseconds; `null` when unknown. */
  readonly latencyMs: number | null
  readonly metadata: JsonObject
}

/** One interaction, as the log keeps it. Deeply frozen. */
export interface AuditEntry extends EntryFields {
  /** Its place in the log, from 0, without gaps. */
  readonly index: number
}

const INPUT_KEYS: ReadonlySet<string> = new Set<keyof EntryInput>([
  'model',
  'inputText',
  'outputText',
  'user',
  'costUsd',
  'latencyMs',
  'metadata',
])

/**
 * Checks what an application recorded and takes a deeply frozen copy of it, with a new id and the time of now.
 *
 * @throws AuditError `AUDIT_INVALID_ENTRY`, naming the field and what is wrong with it.
 */
export function createEntry(input: EntryInput): EntryFields {
  const fields: unknown = input
  if (!isPlainObject(fields)) throw invalid(`an entry is an object, not ${describe(input)}`)
  for (const key of Object.keys(fields)) {
    if (!INPUT_KEYS.has(key)) {
      throw invalid(`unknown key ${JSON.stringify(key)}; the keys are ${[...INPUT_KEYS].join(', ')}`)
    }
  }
  const { user = 'anonymous', costUsd = null, latencyMs = null, metadata = {} } = fields
  const checked = {
    user: text('user', user),
    model: text('model', fields.model),
    inputText: text('inputText', fields.inputText),
    outputText: text('outputText', fields.outputText),
    costUsd: amount('costUsd', costUsd),
    latencyMs: amount('latencyMs', latencyMs),
    metadata: copyJsonObject(metadata, 'metadata', invalid),
  }
  if (checked.model === '') throw invalid('model is empty; name the model that answered')

  return Object.freeze({ ...nextEntryIdentity(), ...checked })
}

/** Gives an entry its place in the log. `fields` must be deeply frozen already, as `createEntry` and `decodeLine` leave them. */
export function placeEntry(fields: EntryFields, index: number): AuditEntry {
  return Object.freeze({ ...fields, index })
}

/** Freezes an entry from a store, whatever the store did; costs little where it is frozen already. */
export function freezeEntry(entry: AuditEntry): AuditEntry {
  if (!Object.isFrozen(entry.metadata)) freezeDeep(entry.metadata)
  return Object.freeze(entry)
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const child of Object.values(value)) freezeDeep(child)
  Object.freeze(value)
}

function text(key: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(`${key} must be a string, not ${describe(value)}`)
  return value.toWellFormed()
}

function amount(key: string, value: unknown): number | null {
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw invalid(
      `${key} must be a number that is finite and not negative, or null when unknown, not ${describe(value)}`,
    )
  }
  return value + 0 // -0 + 0 is 0
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_ENTRY', reason)
}
