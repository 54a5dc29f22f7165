import type { AuditEntry, JsonObject } from '@audit/core'
import type { Filters } from './filters.ts'

/** A test of single entries, for those that come one by one. It is what the log would have found. */
export async function entryMatcher({ filter, matches }: Filters): Promise<(entry: AuditEntry) => boolean> {
  const { matches: isSelected } = await import('@audit/core/backend')
  const { since, until, metadata, ...exact } = filter
  const selection = {
    ...exact,
    order: 'asc' as const,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(metadata !== undefined && { metadata: metadata as JsonObject }), // texts and parsed JSON
  }
  return entry => isSelected(selection, entry) && (matches?.(entry) ?? true)
}
