import { AuditError, type AuditLog } from '@audit/core'
import { expect } from 'vitest'
import { input } from './place.ts'

/** What a caller may be told while its server is away. */
const AWAY = ['AUDIT_WRITE_FAILED', 'AUDIT_BUSY', 'AUDIT_OPEN_FAILED']

/** Callers who record without a pause, each its own numbered texts, and go on when they are refused. */
export class RecordingCallers {
  /** Texts by caller, in the order in which they were acknowledged. */
  readonly #acknowledged: string[][]
  readonly #running: Promise<unknown>
  #isOver = false
  /** Calls that were refused. */
  refused = 0

  /** @param answer what each entry carries besides its number. */
  constructor(log: AuditLog, count: number, answer: () => string = () => 'answer') {
    this.#acknowledged = Array.from({ length: count }, () => [])
    this.#running = Promise.all(
      this.#acknowledged.map((texts, caller) => this.#record(log, caller, texts, answer)),
    )
    this.#running.catch(() => {}) // `stop` tells
  }

  /** Resolves when so many more were acknowledged. */
  async recordMore(count: number): Promise<void> {
    const before = this.#total()
    await expect.poll(() => this.#total(), { timeout: 90_000 }).toBeGreaterThanOrEqual(before + count)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  /** All that was acknowledged is in the log once, each caller's own in its order, and nothing else is. */
  async expectAllKept(log: AuditLog): Promise<void> {
    const found = this.#acknowledged.map((): string[] => [])
    let next = 0
    for await (const { index, user, inputText } of log.entries()) {
      expect(index).toBe(next++)
      found[Number(user)]?.push(inputText)
    }
    expect(found).toEqual(this.#acknowledged)
    expect((await log.verify()).findings).toEqual([])
  }

  async #record(log: AuditLog, caller: number, acknowledged: string[], answer: () => string): Promise<void> {
    for (let attempts = 0; !this.#isOver; attempts++) {
      const text = `attempt ${attempts}`
      try {
        await log.record({ ...input(text), user: `${caller}`, outputText: answer() })
        acknowledged.push(text)
      } catch (error) {
        // Nothing was stored, so this text must not be found.
        if (!(error instanceof AuditError && AWAY.includes(error.code))) throw error
        this.refused++
      }
    }
  }

  #total(): number {
    return this.#acknowledged.reduce((sum, texts) => sum + texts.length, 0)
  }
}
