import type { JsonValue, PreparedInput } from '@audit/core'
import type { KindFinder } from './options.ts'
import { findAll } from './overlaps.ts'
import { Placeholders } from './placeholders.ts'
import { readable } from './readable-text.ts'
import type { Mapping } from './restore.ts'
import { RULES_VERSION } from './rules-version.ts'

/** Where an entry says what was redacted. */
const REPORT = 'audit.redacted'

/** The redaction of one entry. */
export class EntryRedaction {
  readonly #finders: readonly KindFinder[]
  readonly #placeholders = new Placeholders()
  readonly #counts = new Map<string, number>()

  constructor(finders: readonly KindFinder[]) {
    this.#finders = finders
  }

  /** The input without what was found in its texts. Its user, its model and the keys of its metadata stay. */
  apply({ inputText, outputText, metadata, ...others }: PreparedInput): PreparedInput {
    // Core hands over metadata that it has copied as JSON.
    const { [REPORT]: _, ...given } = metadata as { readonly [key: string]: JsonValue }
    this.#avoid([inputText, outputText, given])
    return {
      ...others,
      inputText: this.#text(inputText),
      outputText: this.#text(outputText),
      metadata: { ...this.#object(given), [REPORT]: this.#report() },
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
      for (const child of Object.values(value)) this.#avoid(child)
    }
  }

  #value(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number') return this.#number(value)
    if (typeof value !== 'object' || value === null) return value
    return isArray(value) ? value.map(child => this.#value(child)) : this.#object(value)
  }

  #object(value: { readonly [key: string]: JsonValue }): { readonly [key: string]: JsonValue } {
    // `fromEntries` keeps `__proto__` a key like any other.
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.#value(child)]))
  }

  /** A card number may be recorded as a number. Other kinds are not written as one, or every count would look like them. */
  #number(value: number): JsonValue {
    if (!Number.isSafeInteger(value) || value < CARDS_FROM) return value
    const text = String(value)
    const redacted = this.#redacted(
      text,
      this.#finders.filter(({ kind }) => kind === 'card'),
    )
    return redacted === text ? value : redacted
  }

  #text(text: string): string {
    return this.#redacted(text, this.#finders)
  }

  #redacted(original: string, finders: readonly KindFinder[]): string {
    const readableText = readable(original)
    let redacted = ''
    let copied = 0
    for (const find of findAll(readableText.text, finders)) {
      const { start, end } = readableText.original(find)
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

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
