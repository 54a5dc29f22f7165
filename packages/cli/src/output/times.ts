import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'

/** How times are shown: UTC, unless `--local` was given. */
export interface Clock {
  /** What the heading of a column of times says: `UTC`, `UTC+01:00`. */
  readonly zone: string
  /** `2026-11-25 23:48:03.123` of a canonical timestamp; a timestamp that is no instant as it is. */
  format(timestamp: string): string
}

const UTC: Clock = {
  zone: 'UTC',
  format: timestamp => (Number.isNaN(Date.parse(timestamp)) ? timestamp : spaced(timestamp)),
}

const LOCAL: Clock = {
  zone: 'local',
  format: timestamp => {
    const ms = Date.parse(timestamp)
    if (Number.isNaN(ms)) return timestamp
    const offset = -new Date(ms).getTimezoneOffset()
    return `${spaced(new Date(ms + offset * 60_000).toISOString())} ${offsetText(offset)}`
  },
}

/** The option that chooses a clock, as commander gives it. */
export interface ClockOptions {
  readonly local?: boolean
}

/** The clock that the option `--local` chooses. Throws what `isLocal` throws. */
export function clockOf(context: Context, options: ClockOptions): Clock {
  return isLocal(context, options) ? LOCAL : UTC
}

/** Whether times are local ones. Throws CommandError for a TZ that names no zone, for which JavaScript would take UTC. */
export function isLocal({ env: { TZ = '' } }: Context, { local = false }: ClockOptions): boolean {
  if (!local || TZ === '' || isLocalZone(TZ.replace(BEFORE_ZONE, ''))) return local
  throw new CommandError(
    `the time zone of the environment, TZ=${TZ}, is not known; set TZ to a name such as Europe/Berlin, or leave out --local`,
  )
}

/** What `TZ` holds besides the name of a zone: `:Europe/Berlin`, or the path of its file. */
const BEFORE_ZONE = /^:?(?:.*\/zoneinfo\/)?/

/** Whether local time is that of a zone, in winter and in summer. */
function isLocalZone(timeZone: string): boolean {
  try {
    return [0, 6].every(month => {
      const date = new Date(2026, month)
      return Date.parse(date.toLocaleString('en', { timeZone })) === date.getTime()
    })
  } catch {
    return false // no zone has this name
  }
}

function spaced(timestamp: string): string {
  return timestamp.replace('T', ' ').replace(/Z$/, '')
}

/** `+01:00` */
function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? '-' : '+'}${`${hours}`.padStart(2, '0')}:${`${rest}`.padStart(2, '0')}`
}
