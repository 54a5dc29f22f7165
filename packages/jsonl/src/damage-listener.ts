import type { Damage } from './damage.ts'

/** The most lines of a log that are warned of one by one. */
const MAX_WARNINGS = 10

/** Tells the application of each damaged line once, in its own thread. */
export class DamageListener {
  readonly #onDamage: (damage: Damage) => void
  /** A thread that had to be started anew reads the file, and reports its damage, from the front. */
  #lastOffset = -1

  constructor(onDamage: (damage: Damage) => void) {
    this.#onDamage = onDamage
  }

  /** @param damages in the order of the file. */
  tell(damages: readonly Damage[]): void {
    for (const damage of damages) {
      if (damage.offset <= this.#lastOffset) continue
      this.#lastOffset = damage.offset
      void tell(this.#onDamage, Object.freeze(damage))
    }
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
