import { withoutIds } from './id-shape.ts'
import type { KindFinder } from './options.ts'
import type { Span } from './span.ts'

/** A value that is redacted, and what it is. */
export interface Find extends Span {
  readonly label: string
  readonly kind: string
}

/**
 * All that the finders find in a text, in order and apart from each other. Finds that overlap become one, so that nothing of
 * either stays; it has the kind of the longest, and among equals of the one whose finder comes first.
 */
export function findAll(text: string, finders: readonly KindFinder[]): readonly Find[] {
  const blanked = withoutIds(text)
  const finds = finders.flatMap(({ kind, label, find, seesIds }) =>
    Array.from(find(seesIds ? text : blanked), ({ start, end }): Find => ({ start, end, kind, label })),
  )
  const merged: Find[] = []
  let longest = 0
  for (const find of finds.sort((a, b) => a.start - b.start)) {
    const before = merged.at(-1)
    const length = find.end - find.start
    if (!before || find.start >= before.end) {
      merged.push(find)
      longest = length
      continue
    }
    const named = length > longest ? find : before
    longest = Math.max(longest, length)
    merged[merged.length - 1] = { ...named, start: before.start, end: Math.max(before.end, find.end) }
  }
  return merged
}
