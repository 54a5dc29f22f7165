import { AuditError } from '@audit/core'
import { STATUS_KEY } from '../filters/filter-options.ts'
import type { Values } from './contract.ts'
import type { ViewSource } from './source.ts'

/** So many values of a filter are offered; others can be typed. */
const MOST_VALUES = 200

/** The values of `user`, `model` or `status` that occur, the most frequent first. Throws AuditError `AUDIT_INVALID_QUERY`. */
export async function valuesOf({ log }: ViewSource, key: string | undefined): Promise<Values> {
  const known: Readonly<Record<string, string>> = { user: 'user', model: 'model', status: STATUS_KEY }
  const name = key !== undefined && Object.hasOwn(known, key) ? known[key] : undefined
  if (name === undefined) throw new AuditError('AUDIT_INVALID_QUERY', 'key must be user, model or status')
  return (await log.distinct(name)).slice(0, MOST_VALUES)
}
