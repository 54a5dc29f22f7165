import { type AuditEntry, PAGE_BYTES, type Page, partialPage } from '@audit/core/backend'
import { entryOf, ROW_COLUMNS, ROW_TYPES, type Row } from '../row.ts'

/** The weight of a row besides its texts, so that a page of short entries also ends. */
const ROW_BYTES = 512
const MAX_ROWS = PAGE_BYTES / ROW_BYTES

/** A row of a page, and the weight of the page up to this row. */
export interface WeighedRow extends Row {
  readonly weight: string
}

/** The columns of a page, with their types. */
export const PAGE_TYPES = `${ROW_TYPES}, weight bigint`

/**
 * A query for a page: rows in an order, until they weigh `PAGE_BYTES`. The server ends the page, because rows that arrive
 * already take memory. It need not read a text to weigh it: PostgreSQL stores the length of a long text beside it.
 *
 * The weights are summed in the order in which the index returns the rows: naming that order again would sort them again.
 *
 * @param where which rows.
 * @param order the columns to order by, those of one index.
 * @param limit how many rows at most, as an SQL expression.
 */
export function pageSql(where: string, order: string, limit: string): string {
  const bytes = ['input_text', 'output_text', 'metadata', '"user"', 'model', 'entry_id']
    .map(column => `octet_length(${column})`)
    .join(' + ')
  return `SELECT ${ROW_COLUMNS}, weight FROM (
      SELECT *, sum((${ROW_BYTES} + ${bytes})::bigint) OVER (ROWS UNBOUNDED PRECEDING)::bigint AS weight,
        ${ROW_BYTES} + ${bytes} AS own
      FROM (SELECT * FROM audit.entries WHERE ${where} ORDER BY ${order} LIMIT least(${limit}, ${MAX_ROWS})) AS entries
    ) AS entries WHERE weight - own < ${PAGE_BYTES}`
}

/**
 * The entries of rows. It ends before a damaged row, so that the entries before it can be read. The next page then starts
 * with the damaged row.
 *
 * @throws AuditError `AUDIT_CORRUPT` if the first row is damaged.
 */
export function pageOf(rows: readonly WeighedRow[]): Page {
  const entries: AuditEntry[] = []
  for (const row of rows) {
    try {
      entries.push(entryOf(row))
    } catch (error) {
      if (entries.length === 0) throw error
      return partialPage(entries)
    }
  }
  const isCut = rows.length === MAX_ROWS || Number(rows.at(-1)?.weight ?? 0) >= PAGE_BYTES
  return isCut ? partialPage(entries) : entries
}
