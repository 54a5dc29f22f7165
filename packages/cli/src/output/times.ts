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

/** The clock that the option `--local` chooses. */
export function clockOf({ local = false }: { readonly local?: boolean }): Clock {
  return local ? LOCAL : UTC
}

function spaced(timestamp: string): string {
  return timestamp.replace('T', ' ').replace(/Z$/, '')
}

/** `+01:00` */
function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? '-' : '+'}${`${hours}`.padStart(2, '0')}:${`${rest}`.padStart(2, '0')}`
}
