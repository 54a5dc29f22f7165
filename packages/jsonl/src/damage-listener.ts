import type { Damage } from './damage.ts'

/** How many lines of a log get a warning each. */
const MAX_WARNINGS = 10

/** Reports each damaged line to the application once, in the application's thread. */
export class DamageListener {
  readonly #onDamage: (damage: Damage) => void
  /** A restarted thread reads the file, and reports its damage, from the start. */
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

/** The default of `onDamage`: process warnings for the first ten lines of a log, and one that there are more. */
export function warnOfDamage(path: string): (damage: Damage) => void {
  let warnings = 0
  return ({ line, offset, message }) => {
    warnings++
    if (warnings > MAX_WARNINGS + 1) return
    const text =
      warnings > MAX_WARNINGS
        ? `${path}: more damaged lines are not shown; JsonlBackend.damage() lists them`
        : `${path}: line ${line}, byte ${offset}: ${message}; the line is skipped and stays in the file`
    process.emitWarning(text, { type: 'AuditDamageWarning' })
  }
}

/** If the callback throws, the error becomes a warning and the log continues. */
async function tell(onDamage: (damage: Damage) => void, damage: Damage): Promise<void> {
  try {
    await onDamage(damage) // the callback may be async
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
