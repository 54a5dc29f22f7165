import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { counted } from '../output/numbers.ts'

/** Says once how many lines of a JSONL file were left out. */
export class DamageNote {
  readonly #context: Context
  readonly #name: string
  #lines = 0

  constructor(context: Context, name: string) {
    this.#context = context
    this.#name = name
  }

  /** Counts a line. */
  count(): void {
    this.#lines++
  }

  /** Says how many there were, if any. */
  async write(): Promise<void> {
    if (this.#lines === 0) return
    await note(
      this.#context,
      this.#lines === 1
        ? `1 line of ${this.#name} holds no entry and was left out; audit verify names it`
        : `${counted(this.#lines, 'line')} of ${this.#name} hold no entry and were left out; audit verify names them`,
    )
  }
}
