import { AuditError, type AuditLog } from '@audit/core'
import type { Values } from './contract.ts'
import type { Overviews } from './overviews.ts'

/** So many values of a filter are offered; others can be typed. */
const MOST_VALUES = 200

/** The values of `user`, `model` or `status` that occur, the most frequent first. Throws AuditError `AUDIT_INVALID_QUERY`. */
export async function valuesOf(
  log: AuditLog,
  overviews: Overviews,
  key: string | undefined,
): Promise<Values> {
  if (key === 'user' || key === 'model') return (await log.distinct(key)).slice(0, MOST_VALUES)
  if (key !== 'status') throw new AuditError('AUDIT_INVALID_QUERY', 'key must be user, model or status')
  const statuses = await overviews.statuses() // no index knows them, and these were counted already
  return Object.entries(statuses)
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_VALUES)
}
