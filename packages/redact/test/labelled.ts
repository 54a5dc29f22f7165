import { readFileSync } from 'node:fs'
import { checkedOptions, type RedactOptions } from '../src/options.ts'
import { findAll } from '../src/overlaps.ts'
import { readable } from '../src/readable-text.ts'

/** A part of a text, and what it is. */
interface Labelled {
  readonly kind: string
  readonly start: number
  readonly end: number
}

/** A line of the labelled set. */
export interface LabelledLine {
  readonly language: string
  readonly category: string
  readonly text: string
  readonly values: readonly Labelled[]
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\' }

/** The labelled set: see the first lines of the file for its format. */
export const LABELLED: readonly LabelledLine[] = readFileSync(
  new URL('labelled.tsv', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('# '))
  .map(parse)

function parse(line: string): LabelledLine {
  const [language = '', category = '', ...marked] = line.split('\t')
  const values: Labelled[] = []
  let text = ''
  for (const piece of plain(marked.join('\t')).split(/(⟦\w+:[^⟧]*⟧)/)) {
    const [, kind, value] = /^⟦(\w+):([^⟧]*)⟧$/.exec(piece) ?? []
    if (kind !== undefined && value !== undefined) {
      values.push({ kind, start: text.length, end: text.length + value.length })
    }
    text += value ?? piece
  }
  return { language, category, text, values }
}

/** Undoes what the file does to texts. */
function plain(text: string): string {
  return text
    .replaceAll('‖', '')
    .replaceAll(/\\([nt\\])/g, (_, character: string) => ESCAPES[character] ?? '')
}

/** What is found in a text, by where it stands in it. */
export function findIn(text: string, options: RedactOptions = {}): readonly Labelled[] {
  const { text: folded, original } = readable(text)
  return findAll(folded, checkedOptions(options).finders).map(find => ({
    kind: find.kind,
    ...original(find),
  }))
}
