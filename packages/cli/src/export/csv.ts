import type { AuditEntry } from '@audit/core'
import { canonicalJson } from '@audit/core/backend'
import { stringify } from 'csv-stringify/sync'
import { batchesOf } from './batches.ts'
import type { ExportFormat } from './export-format.ts'

/** For spreadsheets: RFC 4180, the same columns in the same order whatever is exported, and no cell that a spreadsheet runs. */
export const csv: ExportFormat = {
  name: 'csv',
  summary: 'for spreadsheets: the same columns always, formulas escaped, metadata as JSON',
  extension: 'csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  isBinary: false,
  write,
}

type Cell = string | number | null

const COLUMNS: readonly (readonly [name: string, cell: (entry: AuditEntry) => Cell])[] = [
  ['index', entry => entry.index],
  ['timestamp', entry => entry.timestamp],
  ['entry_id', entry => entry.entryId],
  ['user', entry => entry.user],
  ['model', entry => entry.model],
  ['cost_usd', entry => entry.costUsd],
  ['latency_ms', entry => entry.latencyMs],
  ['input_text', entry => entry.inputText],
  ['output_text', entry => entry.outputText],
  ['metadata', entry => canonicalJson(entry.metadata)],
]

const RULES = {
  row: (entry: AuditEntry) => COLUMNS.map(([, cell]) => cell(entry)),
  lengthOf: (row: readonly Cell[]) => row.reduce<number>((sum, cell) => sum + lengthOf(cell), 0),
  maxLength: 64 * 1024,
  maxRows: 1024,
}

const OPTIONS = {
  record_delimiter: '\r\n',
  quoted_string: true, // an empty text is "", and nothing at all means unknown
  escape_formulas: true, // those behind blanks are escaped below
  cast: { string: (text: string) => visible(unformulated(text)) },
} as const

const encoder = new TextEncoder()

async function* write(entries: AsyncIterable<AuditEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  yield encoder.encode(stringify([COLUMNS.map(([name]) => name)], OPTIONS))
  for await (const rows of batchesOf(entries, RULES)) yield encoder.encode(stringify([...rows], OPTIONS))
}

function lengthOf(cell: Cell): number {
  return typeof cell === 'string' ? cell.length : 16
}

/**
 * What a spreadsheet takes for a formula, also behind blanks, controls and characters without a width, which some of them leave
 * out. Apostrophes before it are counted in, so that taking one away always gives the text back.
 */
const FORMULA = /^'*[\p{White_Space}\p{Cc}\p{Cf}]*[=+\-@|\uFF1D\uFF0B\uFF0D\uFF20]|^'*[\t\r\n]/u

/** A text that a spreadsheet shows and does not run. */
function unformulated(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text
}

/** NUL has no place in RFC 4180, and many readers refuse a whole file with one. */
function visible(text: string): string {
  return text.replaceAll('\0', '\u2400')
}
