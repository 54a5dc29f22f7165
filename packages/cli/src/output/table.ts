import stringWidth from 'string-width'
import type { Output } from './output.ts'
import { onOneLine, safeText } from './safe-text.ts'

/** A column of a table. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** It is cut with … where the table is too wide, down to `MIN_WIDTH`; other columns never are. Cut columns share what is left. */
  readonly fills?: boolean
  /** Its texts are prose, in which white space of all kinds is a blank; elsewhere it may tell two names apart. */
  readonly isProse?: boolean
  /** It is cut with … where it would be wider than a quarter of the table, so that one long name does not empty the others. */
  readonly isName?: boolean
  /** Where a terminal is too narrow, the columns with the highest number are left out first. Default: 0, which never is. */
  readonly rank?: number
  /** How wide it is where there are no rows yet to go by, as before the first entry that is followed. */
  readonly typical?: number
}

const GAP = '  '
const MIN_WIDTH = 8
/** Other columns are left out until those that fill can be as wide as this. */
const READABLE_WIDTH = 16
/** No column is wider than this, but those that fill. */
const MAX_WIDTH = 40
/** More of a text is not looked at: it would be cut anyway. */
const MAX_TEXT = 2000

/**
 * Rows without borders, each on one line, and as wide as the output at most. Cells may hold any text: they are shown safely.
 * The first rows decide how wide the columns are, so that it can be written as the rows come.
 *
 * @example
 * const table = new Table(output, columns, firstRows)
 * await table.writeHeader()
 * await table.writeRows(firstRows)
 */
export class Table {
  /** The titles of the columns that the terminal is too narrow for. Say that they are missing. */
  readonly hidden: readonly string[]
  readonly #output: Output
  readonly #columns: readonly Column[]
  readonly #shown: readonly { readonly at: number; readonly width: number }[]

  constructor(output: Output, columns: readonly Column[], sample: readonly (readonly string[])[]) {
    this.#output = output
    this.#columns = columns
    const natural = columns.map((column, i) => {
      const { title, typical = 20, isName } = column
      const widths =
        sample.length === 0 ? [typical] : sample.map(row => stringWidth(cellText(row[i], column)))
      const most = isName
        ? Math.max(Math.floor(output.columns / 4), READABLE_WIDTH)
        : Number.POSITIVE_INFINITY
      return Math.max(stringWidth(title), ...widths.map(width => Math.min(width, most)))
    })
    const shown = fitting(columns, natural, output.columns)
    this.hidden = columns.filter((_, i) => !shown.includes(i)).map(({ title }) => title)
    this.#shown = widthsOf(columns, shown, natural, output.columns)
  }

  /** Writes the titles. */
  writeHeader(): Promise<void> {
    const titles = this.#columns.map(({ title }) => title)
    return this.#output.line(this.#output.style('dim', this.#lineOf(titles)))
  }

  /** Writes rows. */
  async writeRows(rows: readonly (readonly string[])[]): Promise<void> {
    for (const row of rows) await this.#output.line(this.#lineOf(row))
  }

  #lineOf(cells: readonly string[]): string {
    return this.#shown
      .map(({ at, width }) => {
        const column = this.#columns[at]
        return padded(cut(cellText(cells[at], column), width), width, column?.align)
      })
      .join(GAP)
      .trimEnd()
  }
}

/** The indexes of the columns that fit into a width, were the filling ones just readable. */
function fitting(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const least = columns.map(({ fills }, i) => Math.min(natural[i] ?? 0, fills ? READABLE_WIDTH : MAX_WIDTH))
  let shown = columns.map((_, i) => i)
  const used = () => shown.reduce((sum, i) => sum + (least[i] ?? 0), GAP.length * (shown.length - 1))
  while (used() > width) {
    const last = shown.toSorted((a, b) => (columns[b]?.rank ?? 0) - (columns[a]?.rank ?? 0))[0] ?? 0
    if ((columns[last]?.rank ?? 0) === 0) break
    shown = shown.filter(i => i !== last)
  }
  return shown
}

/** Columns as wide as their texts; those that fill share what is left, the narrowest first. */
function widthsOf(
  columns: readonly Column[],
  shown: readonly number[],
  natural: readonly number[],
  width: number,
) {
  const widths = new Map(shown.map(i => [i, Math.min(natural[i] ?? 0, MAX_WIDTH)]))
  const filling = shown
    .filter(i => columns[i]?.fills)
    .toSorted((a, b) => (natural[a] ?? 0) - (natural[b] ?? 0))
  const fixed = shown.filter(i => !columns[i]?.fills).reduce((sum, i) => sum + (widths.get(i) ?? 0), 0)
  let left = width - fixed - GAP.length * (shown.length - 1)
  for (const [n, i] of filling.entries()) {
    const share = Math.max(Math.floor(left / (filling.length - n)), MIN_WIDTH)
    widths.set(i, Math.min(natural[i] ?? 0, share))
    left -= widths.get(i) ?? 0
  }
  return shown.map(at => ({ at, width: widths.get(at) ?? 0 }))
}

/** On one line, and safe. */
function cellText(text = '', column?: Column): string {
  const beginning = text.slice(0, MAX_TEXT).toWellFormed()
  return safeText(column?.isProse ? onOneLine(beginning) : beginning)
}

const GRAPHEMES = new Intl.Segmenter('en')

/** A safe text cut to a width with …, never within a character. */
export function cut(text: string, width: number): string {
  if (text.length <= width && /^[ -~]*$/.test(text)) return text
  if (stringWidth(text) <= width) return text
  let result = ''
  let used = 0
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += stringWidth(segment)
    if (used > width - 1) break
    result += segment
  }
  return `${result}…`
}

/** A safe text filled up with blanks to a width. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(width - stringWidth(text), 0))
  return align === 'right' ? blanks + text : text + blanks
}
