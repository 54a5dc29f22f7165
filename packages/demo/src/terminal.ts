import { styleText } from 'node:util'
import Table from 'cli-table3'

const NARROWEST = 60
const WIDEST = 120

/** How many columns the output may take: the terminal's, within reason; 80 on a pipe. */
export const WIDTH = Math.max(NARROWEST, Math.min(process.stdout.columns ?? 80, WIDEST))

/** A column of a table. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** It takes what the others leave, and is cut with … */
  readonly fills?: boolean
}

const GAP = 2
/** No column but the one that fills is wider than this. */
const MAX_COLUMN = 20

/** Prints the heading of a part. */
export function heading(title: string): void {
  console.log(`\n${styleText('bold', title)}\n`)
}

/** Prints rows without borders, each on one line: numbers to the right, long texts cut with … */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const cells = rows.map(row => row.map(onOneLine))
  const output = new Table({
    head: columns.map(({ title }) => styleText('dim', title)),
    colWidths: [...widthsOf(columns, cells)],
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  output.push(...cells)
  console.log(output.toString().replaceAll(/ +$/gm, ''))
}

/** As wide as their texts, and what is left for those that fill. */
function widthsOf(columns: readonly Column[], cells: readonly (readonly string[])[]): readonly number[] {
  const widths = columns.map(({ title, fills }, i) =>
    fills ? 0 : Math.min(MAX_COLUMN, Math.max(title.length, ...cells.map(row => row[i]?.length ?? 0))),
  )
  const used = widths.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1)
  const share = Math.floor((WIDTH - used) / columns.filter(({ fills }) => fills).length)
  return widths.map(width => width || share)
}

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
]
const NO_BORDERS = { ...Object.fromEntries(BORDERS.map(name => [name, ''])), middle: ' '.repeat(GAP) }

/** A text from anywhere, without what would break the line or command the terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim()
}
