// node test/measure.ts: prints precision and recall of each kind on the labelled set, and every mistake.
import { findIn, LABELLED } from './labelled.ts'

/** How well one kind is found: a hit has the kind and both ends right. */
export interface Quality {
  readonly values: number
  readonly found: number
  readonly hits: number
  readonly precision: number
  readonly recall: number
}

/** A value that was missed, or a text that was taken for one. */
export interface Mistake {
  readonly mistake: 'missed' | 'taken'
  readonly kind: string
  readonly value: string
  readonly line: string
}

/** Compares what is found in the labelled set with its labels. */
export function measure(): {
  readonly kinds: Readonly<Record<string, Quality>>
  readonly mistakes: readonly Mistake[]
} {
  const counts: Record<string, { values: number; found: number; hits: number }> = {}
  const mistakes: Mistake[] = []
  for (const { text, values } of LABELLED) {
    const found = findIn(text)
    const key = ({ kind, start, end }: (typeof values)[number]) => `${kind} ${start} ${end}`
    const [wanted, got] = [new Set(values.map(key)), new Set(found.map(key))]
    for (const value of values) {
      countOf(value.kind).values++
      if (got.has(key(value))) countOf(value.kind).hits++
      else
        mistakes.push({
          mistake: 'missed',
          kind: value.kind,
          value: text.slice(value.start, value.end),
          line: text,
        })
    }
    for (const value of found) {
      countOf(value.kind).found++
      if (wanted.has(key(value))) continue
      mistakes.push({
        mistake: 'taken',
        kind: value.kind,
        value: text.slice(value.start, value.end),
        line: text,
      })
    }
  }
  function countOf(kind: string) {
    counts[kind] ??= { values: 0, found: 0, hits: 0 }
    return counts[kind]
  }
  const kinds = Object.entries(counts).map(([kind, { values, found, hits }]) => {
    return [kind, { values, found, hits, precision: hits / found, recall: hits / values }] as const
  })
  return { kinds: Object.fromEntries(kinds), mistakes }
}

/** The rows of the table in the README. */
export function qualityTable(kinds: Readonly<Record<string, Quality>>): readonly string[] {
  return Object.entries(kinds).map(
    ([kind, { values, precision, recall }]) =>
      `| \`${kind}\` | ${values} | ${precision.toFixed(3)} | ${recall.toFixed(3)} |`,
  )
}

if (process.argv[1] === import.meta.filename) {
  const { kinds, mistakes } = measure()
  const languages = new Set(LABELLED.map(({ language }) => language)).size - 1 // without `-`
  console.log(`${LABELLED.length} lines, ${languages} languages`)
  for (const row of qualityTable(kinds)) console.log(row)
  console.table(mistakes)
}
