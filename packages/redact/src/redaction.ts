import type { JsonValue, PreparedInput } from '@audit/core'
import { ID_KEYS, KEPT_KEYS } from './kept-keys.ts'
import type { CheckedOptions, KindFinder } from './options.ts'
import { findAll } from './overlaps.ts'
import { Placeholders } from './placeholders.ts'
import { readable } from './readable-text.ts'
import type { Mapping } from './restore.ts'
import { RULES_VERSION } from './rules-version.ts'

/** Where an entry says what was redacted. */
const REPORT = 'audit.redacted'

/** What is looked for in texts, and in ids. */
type Finders = Pick<CheckedOptions, 'finders' | 'idFinders'>

/** The redaction of one entry. */
export class EntryRedaction {
  readonly #finders: Finders
  readonly #placeholders = new Placeholders()
  readonly #counts = new Map<string, number>()

  constructor(finders: Finders) {
    this.#finders = finders
  }

  /** The input without what was found in its texts. Its user, its model, the names of its metadata and `KEPT_KEYS` stay. */
  apply({ inputText, outputText, metadata, ...others }: PreparedInput): PreparedInput {
    // Core hands over metadata that it has copied as JSON.
    const { [REPORT]: _, ...given } = metadata as JsonObject
    const { finders } = this.#finders
    this.#avoid([inputText, outputText, given])
    return {
      ...others,
      inputText: this.#redacted(inputText, finders),
      outputText: this.#redacted(outputText, finders),
      metadata: { ...this.#metadata(given), [REPORT]: this.#report() },
    }
  }

  /** What stands behind each placeholder that was given out. */
  mapping(): Mapping {
    return this.#placeholders.mapping()
  }

  #report(): Readonly<Record<string, string | number>> {
    return { rules: RULES_VERSION, ...Object.fromEntries(this.#counts) }
  }

  #avoid(value: JsonValue): void {
    if (typeof value === 'string') this.#placeholders.avoid(value)
    else if (typeof value === 'object' && value !== null) {
      for (const part of Object.entries(value).flat()) this.#avoid(part)
    }
  }

  #metadata(metadata: JsonObject): JsonObject {
    const { finders, idFinders } = this.#finders
    return mapped(metadata, (key, value) => {
      if (KEPT_KEYS.includes(key)) return [key, value]
      return [key, this.#value(value, ID_KEYS.includes(key) ? idFinders : finders, key)]
    })
  }

  /** @param key under which it stands, if it has one. */
  #value(value: JsonValue, finders: readonly KindFinder[], key?: string): JsonValue {
    if (typeof value === 'string') return this.#redacted(value, finders, key)
    if (typeof value === 'number') return this.#number(value, finders)
    if (typeof value !== 'object' || value === null) return value
    if (isArray(value)) return value.map(child => this.#value(child, finders))
    return mapped(value, (name, child) => [this.#redacted(name, finders), this.#value(child, finders, name)])
  }

  /** A card number may be recorded as a number. Other kinds are not written as one, or every count would look like them. */
  #number(value: number, finders: readonly KindFinder[]): JsonValue {
    if (!Number.isSafeInteger(value) || value < CARDS_FROM) return value
    const text = String(value)
    const redacted = this.#redacted(
      text,
      finders.filter(({ kind }) => kind === 'card'),
    )
    return redacted === text ? value : redacted
  }

  /** @param name before the text: some values, such as keys of an API, are known by their names alone. */
  #redacted(text: string, finders: readonly KindFinder[], name?: string): string {
    const before = name === undefined ? '' : `${name}: `
    const original = before + text
    const readableText = readable(original)
    let redacted = ''
    let copied = before.length
    for (const find of findAll(readableText.text, finders)) {
      const { start, end } = readableText.original(find)
      if (start < before.length) continue
      redacted +=
        original.slice(copied, start) + this.#placeholders.of(find.label, original.slice(start, end))
      this.#counts.set(find.kind, (this.#counts.get(find.kind) ?? 0) + 1)
      copied = end
    }
    return redacted + original.slice(copied)
  }
}

/** The shortest card number has 13 digits. */
const CARDS_FROM = 1e12

interface JsonObject {
  readonly [key: string]: JsonValue
}

/** An object with other keys and values. `fromEntries` keeps `__proto__` a key like any other. */
function mapped(
  object: JsonObject,
  change: (key: string, value: JsonValue) => readonly [key: string, value: JsonValue],
): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => change(key, value)))
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
