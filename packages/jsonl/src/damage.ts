/**
 * Why a line is no entry. Codes are stable.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `torn` | it begins as an entry and stops in the middle: its writer died, or its disk was full |
 * | `not-utf8` | bytes that are not UTF-8 |
 * | `not-json` | text that is not JSON |
 * | `not-entry` | JSON that is not exactly one entry: a key is missing, unknown or of the wrong type |
 * | `duplicate-id` | an entry whose id stands in an earlier line; the earlier one counts |
 * | `too-long` | longer than `MAX_LINE_BYTES`, which JavaScript cannot hold in one string |
 */
export type DamageReason = 'torn' | 'not-utf8' | 'not-json' | 'not-entry' | 'duplicate-id' | 'too-long'

/** A line of the file that is no entry. It is skipped, and stays in the file as it is. */
export interface Damage {
  /** Number of the line in the file, from 1. */
  readonly line: number
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number
  /** Its bytes, without the newline. */
  readonly length: number
  /** For a program to act on. */
  readonly reason: DamageReason
  /** For people; may change. */
  readonly message: string
}

/** The most lines that are kept for `damages`, so that a file of nothing but damage fits into memory. */
const MAX_KEPT = 10_000
/** The most lines of a log that are warned of one by one. */
const MAX_WARNINGS = 10

/** Tells of each damaged line once, and keeps the list. */
export class DamageReport {
  readonly #tell: (damage: Damage) => void
  readonly #kept: Damage[] = []
  /** The last line of the file while it has no newline: a slow writer may still turn it into an entry. */
  #tail: Damage | undefined

  constructor(onDamage: (damage: Damage) => void) {
    this.#tell = damage => tell(onDamage, damage)
  }

  /** All lines, in the order of the file; the first 10,000 where there are more. */
  get damages(): readonly Damage[] {
    return this.#tail ? [...this.#kept, this.#tail] : [...this.#kept]
  }

  /** Adds a line that ends with a newline, and is thus damaged for good. */
  add(damage: Damage): void {
    const isKnown = this.#tail?.offset === damage.offset
    this.#tail = undefined
    const frozen = Object.freeze(damage)
    if (this.#kept.length < MAX_KEPT) this.#kept.push(frozen)
    if (!isKnown) this.#tell(frozen)
  }

  /** Notes that the file ends with this line, without a newline. */
  setTail(damage: Damage): void {
    const isKnown = this.#tail?.offset === damage.offset
    this.#tail = Object.freeze(damage)
    if (!isKnown) this.#tell(this.#tail)
  }

  /** The tail was given its newline: it is damaged for good. */
  closeTail(): void {
    if (this.#tail) this.add(this.#tail)
  }

  /** The tail turned out to be an entry after all. */
  dropTail(): void {
    this.#tail = undefined
  }
}

/** The default of `onDamage`: warnings of the process for the first ten lines of a log, and one that there are more. */
export function warnOfDamage(path: string): (damage: Damage) => void {
  let warnings = 0
  return ({ line, offset, message }) => {
    warnings++
    if (warnings > MAX_WARNINGS + 1) return
    const text =
      warnings > MAX_WARNINGS
        ? `${path}: more damaged lines are not shown; JsonlBackend.damage() lists them`
        : `${path}: line ${line}, byte ${offset}: ${message}; the line is skipped, and stays in the file`
    process.emitWarning(text, { type: 'AuditDamageWarning' })
  }
}

/** What the callback throws is its own affair: the log goes on, and the failure is shown as a warning. */
async function tell(onDamage: (damage: Damage) => void, damage: Damage): Promise<void> {
  try {
    await onDamage(damage) // an async function is allowed where nothing is returned
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
