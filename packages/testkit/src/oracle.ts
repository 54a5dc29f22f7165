import { isDeepStrictEqual } from 'node:util'
import type { AuditEntry, Selection } from '@audit/core/backend'

/**
 * What `find` must return, written again in plain JavaScript. It shares nothing with core, so that a fault in core's
 * `matches` shows too. `log` has every entry by index.
 */
export function oracle(log: readonly AuditEntry[], selection: Selection): AuditEntry[] {
  const { user, model, since, until, entryId, metadata = {}, size = log.length, after } = selection
  const found = log
    .filter(entry => user === undefined || entry.user === user)
    .filter(entry => model === undefined || entry.model === model)
    .filter(entry => since === undefined || Date.parse(entry.timestamp) >= Date.parse(since))
    .filter(entry => until === undefined || Date.parse(entry.timestamp) <= Date.parse(until))
    .filter(entry => entryId === undefined || entry.entryId === entryId)
    .filter(entry => entry.index < size)
    .filter(entry =>
      Object.keys(metadata).every(
        key => Object.hasOwn(entry.metadata, key) && isDeepStrictEqual(entry.metadata[key], metadata[key]),
      ),
    )
    .sort(byTime)
  if (selection.order === 'desc') found.reverse()
  const sign = selection.order === 'desc' ? -1 : 1
  const behind = after ? found.filter(entry => byTime(entry, after) * sign > 0) : found
  return behind.slice(0, selection.limit)
}

type Placed = Pick<AuditEntry, 'timestamp' | 'index'>

function byTime(a: Placed, b: Placed): number {
  return Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.index - b.index
}
