/** A part of a text, in UTF-16 code units: from `start` up to, but not including, `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Finds all values of one kind in a text, in any order. Its time must grow linearly with any text, also a hostile one. */
export type Finder = (text: string) => Iterable<Span>

/** All matches of a pattern with the flag `g`. Most texts have none, and `matchAll` copies the pattern before it looks. */
export function matchesOf(text: string, pattern: RegExp): Iterable<RegExpExecArray> {
  return text.search(pattern) < 0 ? [] : text.matchAll(pattern)
}

/** Finds what a pattern matches and a check accepts. The pattern has the flag `g`, and starts at most once for each run of characters. */
export function matching(pattern: RegExp, accept: (found: string) => boolean = () => true): Finder {
  return function* find(text) {
    for (const { index, 0: found } of matchesOf(text, pattern)) {
      if (found !== '' && accept(found)) yield { start: index, end: index + found.length }
    }
  }
}
