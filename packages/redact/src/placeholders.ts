import { PLACEHOLDER } from './placeholder.ts'
import type { Mapping } from './restore.ts'

/** The placeholders of one entry: the same value, spelt alike, has the same one everywhere. */
export class Placeholders {
  /** What looks like a placeholder in the entry itself: it means something else, so it is not given out. */
  readonly #taken = new Set<string>()
  readonly #byValue = new Map<string, string>()
  readonly #lastNumbers = new Map<string, number>()

  /** Keeps clear of all placeholders that stand in a text already. */
  avoid(text: string): void {
    for (const [placeholder] of text.matchAll(PLACEHOLDER)) this.#taken.add(placeholder)
  }

  /** The placeholder of a value. */
  of(label: string, value: string): string {
    const key = `${label} ${value}`
    const known = this.#byValue.get(key)
    if (known !== undefined) return known
    const placeholder = this.#next(label)
    this.#byValue.set(key, placeholder)
    return placeholder
  }

  /** What stands behind each placeholder. */
  mapping(): Mapping {
    return Object.fromEntries(
      Array.from(this.#byValue, ([key, placeholder]) => [placeholder, key.slice(key.indexOf(' ') + 1)]),
    )
  }

  #next(label: string): string {
    let number = this.#lastNumbers.get(label) ?? 0
    let placeholder: string
    do placeholder = `[${label}_${++number}]`
    while (this.#taken.has(placeholder))
    this.#lastNumbers.set(label, number)
    return placeholder
  }
}
