import { matchesOf, type Span } from './span.ts'

/** A text as the rules read it: one spelling for each character, and the way back to the original. */
export interface ReadableText {
  readonly text: string
  /** Where a part of `text` stands in the original. */
  original(span: Span): Span
}

/**
 * What people and programs write in more than one way. The pattern's repetitions are bounded, as in all rules: an engine that
 * could go back to each of millions of characters runs out of stack.
 */
export interface Spelling {
  /** Matches one character, or several of which each stands for one. */
  readonly pattern: RegExp
  /** What a match stands for. */
  plain(groups: Readonly<Record<string, string | undefined>>, found: string): string
}

/** Folds what is spelt in this way, in linear time. */
export function folded(original: string, { pattern, plain }: Spelling): ReadableText {
  const shifts = new Shifts()
  let text = ''
  let copied = 0
  for (const { index, 0: found, groups = {} } of matchesOf(original, pattern)) {
    const character = plain(groups, found)
    text += original.slice(copied, index) + character
    copied = index + found.length
    if (character.length !== found.length) {
      shifts.add(text.length - character.length, text.length, copied - text.length)
    }
  }
  text += original.slice(copied)
  return { text, original: ({ start, end }) => ({ start: shifts.start(start), end: shifts.end(end) }) }
}

/** Where a folded text is shorter than its original, and by how much it is from there on. */
class Shifts {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #differences: number[] = []

  /** Between these places of the folded text stands what is longer in the original, or nothing if they are one. */
  add(start: number, end: number, difference: number): void {
    this.#starts.push(start)
    this.#ends.push(end)
    this.#differences.push(difference)
  }

  /** Where the character behind a place begins in the original: after what has no width. */
  start(place: number): number {
    return place + this.#difference(this.#ends, place + 1)
  }

  /** Where the character before a place ends in the original: before what has no width. */
  end(place: number): number {
    return place + this.#difference(this.#starts, place)
  }

  /** By how much the original is longer up to the last of these places before a limit. */
  #difference(places: readonly number[], limit: number): number {
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((places[middle] ?? 0) < limit) low = middle + 1
      else high = middle
    }
    return this.#differences[low - 1] ?? 0
  }
}
