import type { Finding } from './finding.ts'

/** How many findings to keep, so that a report does not fill the memory. */
export const MAX_FINDINGS = 10_000

/** Collects the first findings, and counts the others. */
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

  /** Adds what another list has collected. */
  addAll(other: FindingList): void {
    for (const finding of other.#findings) this.add(finding)
    this.#further += other.#further
  }

  /** The kept findings; the last one says how many were not kept. */
  all(): readonly Finding[] {
    const last = this.#findings.at(-1)
    if (!last || this.#further === 0) return this.#findings
    return [
      ...this.#findings.slice(0, -1),
      { ...last, message: `${last.message}; and ${this.#further} further findings` },
    ]
  }
}
