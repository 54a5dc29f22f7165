const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** The milliseconds from the first to the last instant, both inclusive, that a text or a `Date` stands for. */
export interface Span {
  readonly first: number
  readonly last: number
}

/**
 * Reads a `Date`, or ISO 8601 with any offset (UTC without one), as the span of instants it stands for:
 * a date alone is its whole day, a minute or a second likewise. Digits finer than a millisecond are cut off.
 *
 * @returns `undefined` for anything else, and for instants outside the years 0 to 9999 in UTC.
 */
export function parseSpan(value: unknown): Span | undefined {
  const span =
    typeof value === 'string' ? lastSpanOfText(value) : isDate(value) ? spanOfDate(value) : undefined
  return span && span.first >= FIRST_MS && span.last <= LAST_MS ? span : undefined
}

/** The same, and a month or a year alone as the whole of it: `2026-11`, `2026`. For filters: no entry has such a time. */
export function parsePeriod(value: unknown): Span | undefined {
  const match = typeof value === 'string' ? /^(\d{4})(?:-(\d\d))?$/.exec(value) : null
  if (!match) return parseSpan(value)
  const [, year = '', month] = match
  const first = parseSpan(`${year}-${month ?? '01'}-01`)?.first
  if (first === undefined) return undefined
  const end = new Date(first)
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1)
  else end.setUTCMonth(end.getUTCMonth() + 1)
  return { first, last: end.getTime() - 1 }
}

/** `2026-11-23T20:28:00.123Z`: UTC, milliseconds, 24 characters, so that text order is the order of time. */
export function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}

/**
 * The canonical text of a timestamp as any writer may have stored it, cut to the millisecond; the text itself
 * where it is canonical already, or where it is no instant at all.
 */
export function canonicalTimestamp(text: string): string {
  if (CANONICAL.test(text)) return text
  const span = parseSpan(text)
  return span ? formatTimestamp(span.first) : text
}

/** Also where the global `Date` is another one: fake timers replace it, and each realm has its own. */
function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]'
}

function spanOfDate(date: Date): Span | undefined {
  const ms = date.getTime()
  return Number.isNaN(ms) ? undefined : { first: ms, last: ms }
}

/** The text that was read last: a timestamp is usually checked, and then indexed. */
let last: { readonly text: string; readonly span: Span | undefined } = { text: '', span: undefined }

function lastSpanOfText(text: string): Span | undefined {
  if (text !== last.text) last = { text, span: spanOfText(text) }
  return last.span
}

function spanOfText(text: string): Span | undefined {
  const match = ISO_8601.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, offset] = match
  const midnight = midnightOf(Number(year), Number(month), Number(day))
  const offsetMs = offset === undefined ? 0 : parseOffset(offset)
  if (midnight === undefined || offsetMs === undefined) return undefined
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined

  const milliseconds = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const ofDay =
    (Number(hour ?? 0) * 60 + Number(minute ?? 0)) * MINUTE + Number(second ?? 0) * SECOND + milliseconds
  const length =
    hour === undefined ? DAY : second === undefined ? MINUTE : fraction === undefined ? SECOND : 1
  const first = midnight + ofDay - offsetMs
  return { first, last: first + length - 1 }
}

function midnightOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day) // Date.UTC would take the years 0 to 99 for 1900 to 1999
  return date.getUTCMonth() === month - 1 ? date.getTime() : undefined // a day that does not exist is in another month
}

function parseOffset(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0
  const digits = offset.slice(1).replace(':', '')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2))
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE
}
