const UNKNOWN = '–'

/** `12,408` */
export function formatCount(count: number): string {
  return `${count}`.replace(/\B(?=(\d{3})+$)/g, ',') // Intl takes long to start
}

/** US dollars: `$1,204.20`, `$0.0042`, `–` for an unknown cost. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return UNKNOWN
  const digits = usd === 0 || usd >= 1 ? 2 : usd >= 0.01 ? 4 : 6
  return `$${usd.toLocaleString('en', { minimumFractionDigits: Math.min(digits, 4), maximumFractionDigits: digits })}`
}

/** US dollars to the last digit: `$0.1234567`, `–` for an unknown cost. */
export function formatExactUsd(usd: number | null): string {
  if (usd === null) return UNKNOWN
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 20 })}`
}

/** Milliseconds: `840 ms`, `1.2 s`, `3 min 20 s`, `–` for an unknown latency. */
export function formatMs(ms: number | null): string {
  if (ms === null) return UNKNOWN
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  return formatDuration(ms)
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** A span of time by its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `12 d 4 h`. */
export function formatDuration(ms: number): string {
  let seconds = Math.round(ms / 1000)
  const first = Math.max(
    UNITS.findIndex(([, length]) => seconds >= length),
    0,
  )
  if (seconds === 0) return '0 s'
  const parts = UNITS.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(seconds / length)
    seconds -= count * length
    return count === 0 ? '' : `${count} ${unit}`
  })
  return parts.filter(part => part !== '').join(' ')
}

/** `512 B`, `1.4 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const exponent = Math.min(Math.floor(Math.log2(bytes) / 10), 4)
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`
}

/** `1 entry`, `12,408 entries` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** A share from 0 to 1: `0 %`, `0.4 %`, `12 %`. */
export function formatShare(share: number): string {
  const percent = share * 100
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`
}
