import type { AuditEntry } from '@audit/core'

/** How rows are gathered. */
export interface BatchRules<Row> {
  /** What is written of an entry. */
  row(entry: AuditEntry): Row
  /** About how many characters it has. */
  lengthOf(row: Row): number
  /** A batch ends with the row that brings it to so many characters, or to so many rows. */
  readonly maxLength: number
  readonly maxRows: number
}

/** Makes a row of each entry, and gathers them, so that memory stays bounded whatever the entries weigh. No batch is empty. */
export async function* batchesOf<Row>(
  entries: AsyncIterable<AuditEntry>,
  rules: BatchRules<Row>,
): AsyncGenerator<readonly Row[], void, undefined> {
  let rows: Row[] = []
  let length = 0
  for await (const entry of entries) {
    const row = rules.row(entry)
    rows.push(row)
    length += rules.lengthOf(row)
    if (length < rules.maxLength && rows.length < rules.maxRows) continue
    yield rows
    rows = []
    length = 0
  }
  if (rows.length > 0) yield rows
}
