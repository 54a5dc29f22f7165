import type { AuditLog } from '@audit/core'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { type FilterOptions, SESSION_KEY } from './filter-options.ts'
import type { Filters } from './filters.ts'

/** The filters with the value of `--session` as a text and, where it is one, as a number: applications record either. */
export function sessionSpellings(
  filters: Filters,
  { session = '', sessionKey = SESSION_KEY }: FilterOptions,
): readonly Filters[] {
  const number = Number(session)
  if (!Number.isFinite(number) || String(number) !== session) return [filters]
  const metadata = { ...filters.filter.metadata, [sessionKey]: number }
  return [filters, { ...filters, filter: { ...filters.filter, metadata } }]
}

/**
 * The filters with the value of `--session` as the log has it: as a number if no entry has the text. Where entries have either,
 * it is the text, and a note says so. Throws what `AuditLog.query` throws.
 */
export async function sessionAsStored(
  context: Context,
  log: AuditLog,
  filters: Filters,
  options: FilterOptions,
): Promise<Filters> {
  const { session = '', sessionKey = SESSION_KEY } = options
  const [, asNumber] = sessionSpellings(filters, options)
  const isStored = async (value: string | number) => {
    const found = await log.query({ metadata: { [sessionKey]: value }, limit: 1, signal: context.signal })
    return found.length > 0
  }
  if (!asNumber || !(await isStored(Number(session)))) return filters
  if (!(await isStored(session))) return asNumber
  await note(
    context,
    `${session} is a session as a text, and another one as a number, which --metadata ${sessionKey}:=${session} finds`,
  )
  return filters
}
