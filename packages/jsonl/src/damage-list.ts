import type { Damage } from './damage.ts'

/** How many lines `damages` holds at most, so that a file of nothing but damage fits into memory. */
const MAX_KEPT = 10_000
/** The longest message, in characters; it may quote the line. */
const MAX_MESSAGE = 200

/** Collects the damaged lines of a file, and reports each once as news. */
export class DamageList {
  readonly #kept: Damage[] = []
  /** The last line of the file while it has no newline: a slow writer may still complete it. */
  #tail: Damage | undefined
  #news: Damage[] = []

  /** The damaged lines in the order of the file, the first 10,000 at most. */
  get damages(): readonly Damage[] {
    return this.#tail ? [...this.#kept, this.#tail] : [...this.#kept]
  }

  /** The damaged lines since the last call. */
  takeNews(): readonly Damage[] {
    const news = this.#news
    this.#news = []
    return news
  }

  /** Adds a line that ends with a newline, and so stays damaged. */
  add(damage: Damage): void {
    const bounded = this.#bound(damage)
    this.#tail = undefined
    if (this.#kept.length < MAX_KEPT) this.#kept.push(bounded)
  }

  /** Records that the file ends with this line, without a newline. */
  setTail(damage: Damage): void {
    this.#tail = this.#bound(damage)
  }

  /** Forgets the tail: it became an entry, or is gone. */
  dropTail(): void {
    this.#tail = undefined
  }

  /** Bounds the message, and reports the line unless it was reported as the tail. */
  #bound(damage: Damage): Damage {
    const bounded = { ...damage, message: shortened(damage.message) }
    if (this.#tail?.offset !== damage.offset) this.#news.push(bounded)
    return bounded
  }
}

/** Copies the text, because a substring keeps the whole string in memory. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message
  return `${Buffer.from(message.slice(0, MAX_MESSAGE).toWellFormed()).toString()}…`
}
