import { CommandError } from '../command-error.ts'

/** What a text about a time depends on. */
export interface TimeOptions {
  readonly now: Date
  /** Whether what has no offset is local time; otherwise it is UTC. */
  readonly local: boolean
}

/** The first and the last millisecond of what a text names: a date is its whole day. */
export interface Period {
  readonly first: Date
  readonly last: Date
}

const SPAN = /^(\d{1,6})(s|min|m|h|d|w)$/
const SPAN_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
}
/** The years that a log knows. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')
/** What the log takes: ISO 8601, and a year or a month alone. */
const ISO_8601 =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?$/

/**
 * Reads a time: a span before now (`36h`, `2w`, `90min`), `now`, `today`, `yesterday`, or what the log takes.
 *
 * @param option whose value it is, for the message.
 * @throws CommandError for anything else.
 */
export function timeOf(option: string, text: string, { now, local }: TimeOptions): Period {
  const period = namedPeriod(text, now, local ? LOCAL : UTC)
  if (period && period.first.getTime() >= FIRST_MS && period.last.getTime() <= LAST_MS) return period
  throw new CommandError(
    `${option} takes a time such as 2026-11-25, 2026-11-25T20:00Z, 36h, 2w, today or yesterday, not ${text}`,
  )
}

function namedPeriod(text: string, now: Date, calendar: Calendar): Period | undefined {
  const [, count, unit = ''] = SPAN.exec(text) ?? []
  if (count !== undefined) return instant(now.getTime() - Number(count) * (SPAN_MS[unit] ?? 0))
  if (text === 'now') return instant(now.getTime())
  if (text === 'today') return dayOf(now, 0, calendar)
  if (text === 'yesterday') return dayOf(now, -1, calendar)
  return periodOf(text, calendar)
}

/** Year, month from 1, day from 1, hour, minute, second, millisecond. */
type Parts = readonly [number, number, number, number, number, number, number]

/** How a time zone counts its days. A part may be beyond its end, such as the 32nd of a month. */
interface Calendar {
  /** The first time that the clock shows this. */
  msOf(parts: Parts): number
  /** The last time that it shows what it shows then. */
  lastMsOf(ms: number): number
  partsOf(date: Date): Parts
}

const UTC: Calendar = {
  msOf: ([year, month, day, hour, minute, second, ms]) => {
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day) // Date.UTC would take the years 0 to 99 for 1900 to 1999
    return date.setUTCHours(hour, minute, second, ms)
  },
  lastMsOf: ms => ms,
  partsOf: date => [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), 0, 0, 0, 0],
}

const LOCAL: Calendar = {
  msOf: ([year, month, day, hour, minute, second, ms]) => {
    const date = new Date(0)
    date.setFullYear(year, month - 1, day)
    return date.setHours(hour, minute, second, ms)
  },
  lastMsOf: ms => {
    const [before, after] = [offsetOf(ms), offsetOf(ms + LONGEST_SHIFT_MS)]
    const shifted = ms + (after - before) * 60_000
    return after > before && offsetOf(shifted) === after ? shifted : ms
  },
  partsOf: date => [date.getFullYear(), date.getMonth() + 1, date.getDate(), 0, 0, 0, 0],
}

/** Clocks that are set back in autumn show some times twice; nowhere are they set back by more. */
const LONGEST_SHIFT_MS = 2 * 3_600_000

/** Minutes that local time is behind UTC. */
function offsetOf(ms: number): number {
  return new Date(ms).getTimezoneOffset()
}

function instant(ms: number): Period {
  return { first: new Date(ms), last: new Date(ms) }
}

function dayOf(now: Date, days: number, calendar: Calendar): Period {
  const [year, month, day] = calendar.partsOf(now)
  return between([year, month, day + days, 0, 0, 0, 0], [year, month, day + days + 1, 0, 0, 0, 0], calendar)
}

function between(first: Parts, next: Parts, calendar: Calendar): Period {
  return { first: new Date(calendar.msOf(first)), last: new Date(calendar.lastMsOf(calendar.msOf(next) - 1)) }
}

/** The period that ISO 8601 names, as long as the last part that it gives. */
function periodOf(text: string, zone: Calendar): Period | undefined {
  const match = ISO_8601.exec(text)
  if (!match) return undefined
  const given = match
    .slice(1, 7)
    .filter(part => part !== undefined)
    .map(Number)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = given
  const [fraction, offset] = [match[7], match[8]]
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return undefined

  const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const parts: Parts = [year, month, day, hour, minute, second, ms]
  const last = fraction === undefined ? given.length - 1 : parts.length - 1
  const next = parts.map((part, i) => (i === last ? part + 1 : part)) as unknown as Parts // of the same length
  const period = between(parts, next, offset === undefined ? zone : UTC)
  const shift = offset === undefined ? 0 : offsetMs(offset)
  if (shift === undefined) return undefined
  return { first: new Date(period.first.getTime() - shift), last: new Date(period.last.getTime() - shift) }
}

function offsetMs(offset: string): number | undefined {
  if (/^z$/i.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0')
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))]
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
