import type { Finding } from './finding.ts'

/** How many findings are kept. A report that nobody reads to its end need not fill the memory. */
export const MAX_FINDINGS = 10_000

/** Collects findings: the first of them as they are, and the number of the others. */
export class FindingList {
  readonly #findings: Finding[] = []
  #further = 0

  /** Adds a finding at the end. */
  add(finding: Finding): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding)
    else this.countFurther()
  }

  /** Counts a finding that is not kept. */
  countFurther(): void {
    this.#further++
  }

  /** All that were kept; the last one says how many were not. */
  all(): readonly Finding[] {
    const last = this.#findings.at(-1)
    if (!last || this.#further === 0) return this.#findings
    return [
      ...this.#findings.slice(0, -1),
      { ...last, message: `${last.message}; and ${this.#further} further findings` },
    ]
  }
}
