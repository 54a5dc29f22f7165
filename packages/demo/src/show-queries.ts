import { inspect } from 'node:util'
import type { AuditEntry, AuditLog, Filter, Query } from '@audit/core'
import { table } from './terminal.ts'

const SHOWN = 3

/** Asks the log a few questions about what was recorded, and prints each call with what it found. */
export async function showQueries(log: AuditLog, recorded: readonly AuditEntry[]): Promise<void> {
  const [first] = recorded
  if (!first) return
  const { user, model, entryId, timestamp } = first
  const today = timestamp.slice(0, 'yyyy-mm-dd'.length)
  const labelled = recorded.find(({ metadata }) => Object.keys(metadata).length > 0)
  const labels = Object.entries(labelled?.metadata ?? {}).slice(0, 1)

  const count = async (filter: Filter) => [callOf('count', filter), `${await log.count(filter)}`, '']
  const query = async (query: Query) => rowOf(callOf('query', query), await log.query(query))
  const get = async (id: string) => rowOf(`get('${id}')`, [await log.get(id)].filter(isEntry))

  table(
    [{ title: 'call', fills: true }, { title: 'result', align: 'right' }, { title: 'entries' }],
    [
      await count({}),
      await count({ user }),
      await query({ user, model }),
      await query({ order: 'desc', limit: 3 }),
      await query({ since: today, limit: 2 }),
      await query({ until: '1999-12-31' }),
      ...(labels.length > 0 ? [await query({ metadata: Object.fromEntries(labels) })] : []),
      await get(entryId),
    ],
  )
}

function rowOf(call: string, found: readonly AuditEntry[]): readonly string[] {
  const places = found.slice(0, SHOWN).map(({ index }) => `#${index}`)
  return [call, `${found.length}`, `${places.join(' ')}${found.length > SHOWN ? ' …' : ''}`]
}

/** A call as one would write it: `query({ user: 'support', limit: 3 })`. */
function callOf(method: string, argument: Filter | Query): string {
  if (Object.keys(argument).length === 0) return `${method}()`
  return `${method}(${inspect(argument, { breakLength: Number.POSITIVE_INFINITY })})`
}

function isEntry(entry: AuditEntry | undefined): entry is AuditEntry {
  return entry !== undefined
}
