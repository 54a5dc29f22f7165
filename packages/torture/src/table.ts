import { BACKENDS, type BackendId } from './backends.ts'

/** A row of the table: what was tried, how often, and what came of it. */
export interface Row {
  readonly what: string
  readonly backend: BackendId
  readonly tries: string
  readonly survived: string
  readonly lost: string
}

/** The figures as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const header = ['what', 'backend', 'tries', 'survived', 'entries lost']
  const cells = rows.map(({ what, backend, tries, survived, lost }) => [
    what,
    BACKENDS[backend].title,
    tries,
    survived,
    lost,
  ])
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(header), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
