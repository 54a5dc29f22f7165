import type { AuditEntry, AuditLog } from '@audit/core'
import type { Context } from '../context.ts'
import { type Filters, matchingEntries } from '../filters/filters.ts'

/** The entries of an export. */
export interface ExportedEntries {
  readonly entries: AsyncIterable<AuditEntry>
  /** How many there are, where that is known before. */
  readonly total: number | undefined
}

/**
 * The entries that match among the first `size` of the log, as `audit export` and a download have them: by index where the log
 * is asked for everything, so that the lines are the log again; otherwise in the order of time.
 */
export function exportedEntries(
  context: Context,
  log: AuditLog,
  filters: Filters,
  size: number,
): ExportedEntries {
  const { signal } = context
  const isWhole = Object.keys(filters.filter).length === 0 && !filters.matches
  if (isWhole) return { entries: log.entries({ end: size, signal }), total: size }
  const entries = matchingEntries(context, log, { ...filters, filter: { ...filters.filter, size } })
  return { entries, total: undefined }
}
