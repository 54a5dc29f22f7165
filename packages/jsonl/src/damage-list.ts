import type { Damage } from './damage.ts'

/** The most lines that are kept for `damages`, so that a file of nothing but damage fits into memory. */
const MAX_KEPT = 10_000
/** Characters of a message; what a line holds may be quoted in it. */
const MAX_MESSAGE = 200

/** Collects the damaged lines of a file, and gives each out once as news. */
export class DamageList {
  readonly #kept: Damage[] = []
  /** The last line of the file while it has no newline: a slow writer may still turn it into an entry. */
  #tail: Damage | undefined
  #news: Damage[] = []

  /** All lines, in the order of the file; the first 10,000 where there are more. */
  get damages(): readonly Damage[] {
    return this.#tail ? [...this.#kept, this.#tail] : [...this.#kept]
  }

  /** Those that have come since the last call. */
  takeNews(): readonly Damage[] {
    const news = this.#news
    this.#news = []
    return news
  }

  /** Adds a line that ends with a newline, and is thus damaged for good. */
  add(damage: Damage): void {
    const bounded = this.#bound(damage)
    this.#tail = undefined
    if (this.#kept.length < MAX_KEPT) this.#kept.push(bounded)
  }

  /** Notes that the file ends with this line, without a newline. */
  setTail(damage: Damage): void {
    this.#tail = this.#bound(damage)
  }

  /** The tail turned out to be an entry, or nothing, after all. */
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

/** A copy: a part of a string keeps the whole of it in memory. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message
  return `${Buffer.from(message.slice(0, MAX_MESSAGE).toWellFormed()).toString()}…`
}
