import { CommandError } from '../command-error.ts'

/** What a text about a time depends on. */
export interface TimeOptions {
  readonly now: Date
  /** Whether what has no offset is local time; otherwise it is UTC. */
  readonly local: boolean
}

/** What the log takes as `since` and `until`: instants, or ISO 8601 that it reads itself. */
export interface Period {
  readonly first: Date | string
  readonly last: Date | string
}

const SPAN = /^(\d{1,6})(s|min|m|h|d|w)$/
const SPAN_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}
const WITHOUT_OFFSET = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?)?)?$/

/**
 * Reads a time: a span before now (`36h`, `2w`, `90min`), `now`, `today`, `yesterday`, or what the log takes.
 *
 * @param option whose value it is, for the message.
 * @throws CommandError for anything else.
 */
export function timeOf(option: string, text: string, { now, local }: TimeOptions): Period {
  const [, count, unit = ''] = SPAN.exec(text) ?? []
  if (count !== undefined) return instant(new Date(now.getTime() - Number(count) * (SPAN_MS[unit] ?? 0)))
  if (text === 'now') return instant(now)
  if (text === 'today') return dayOf(now, 0, local)
  if (text === 'yesterday') return dayOf(now, -1, local)
  const parts = WITHOUT_OFFSET.exec(text)
  if (local && parts) return localPeriod(option, text, parts)
  if (parts || /^\d{4}-\d\d-\d\d[Tt ]/.test(text)) return { first: text, last: text }
  throw invalid(option, text)
}

function instant(date: Date): Period {
  return { first: date, last: date }
}

function dayOf(now: Date, days: number, local: boolean): Period {
  const day = new Date(now)
  if (local) day.setDate(day.getDate() + days)
  else day.setUTCDate(day.getUTCDate() + days)
  if (!local) return { first: day.toISOString().slice(0, 10), last: day.toISOString().slice(0, 10) }
  const [year, month, date] = [day.getFullYear(), day.getMonth(), day.getDate()]
  return { first: new Date(year, month, date), last: before(new Date(year, month, date + 1)) }
}

/** A year, a month, a day, a minute, a second or an instant of the local time zone. */
function localPeriod(option: string, text: string, [, ...parts]: readonly (string | undefined)[]): Period {
  const given = parts.filter(part => part !== undefined)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = given.slice(0, 6).map(Number)
  const ms = given.length > 6 ? Number((given[6] ?? '').slice(0, 3).padEnd(3, '0')) : 0
  const first = new Date(year, month - 1, day, hour, minute, second, ms)
  if (first.getMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) throw invalid(option, text)
  if (given.length > 6) return instant(first)
  const next = new Date(first)
  if (given.length === 1) next.setFullYear(year + 1)
  else if (given.length === 2) next.setMonth(month)
  else if (given.length === 3) next.setDate(day + 1)
  else next.setTime(first.getTime() + (given.length === 5 ? 60_000 : 1000))
  return { first, last: before(next) }
}

function before(date: Date): Date {
  return new Date(date.getTime() - 1)
}

function invalid(option: string, text: string): CommandError {
  return new CommandError(
    `${option} takes a time such as 2026-11-25, 2026-11-25T20:00Z, 36h, 2w, today or yesterday, not ${text}`,
  )
}
