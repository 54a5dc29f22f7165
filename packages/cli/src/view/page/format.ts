const NUMBER = new Intl.NumberFormat('en-US')
const COMPACT = new Intl.NumberFormat('en-US', {
  notation: 'compact',
  maximumFractionDigits: 1,
  maximumSignificantDigits: 3,
  roundingPriority: 'lessPrecision',
})
const PERCENT = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 })

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `12,408` */
export function formatCount(count: number): string {
  return NUMBER.format(count)
}

/** `12.4K`, `490M`, `3.1e+20` */
export function formatCompact(count: number): string {
  return count < 1e15 ? COMPACT.format(count) : count.toExponential(1)
}

/** `0.4%`, from a share of 0 to 1 */
export function formatShare(share: number): string {
  return PERCENT.format(share)
}

/** `1 entry`, `2 entries` */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** US dollars, in short: `$1,204.50`, `$0.0034`; a dash when unknown */
export function formatCost(usd: number | null): string {
  if (usd === null) return '–'
  if (usd === 0) return '$0'
  if (usd >= 1e6) return `$${formatCompact(usd)}`
  if (usd >= 0.1)
    return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  return `$${usd.toLocaleString('en-US', { maximumSignificantDigits: 2, maximumFractionDigits: 8 })}`
}

/** US dollars beside a chart, where there is little room: `$2K`, `$0.50` */
export function formatCostTick(usd: number): string {
  return usd >= 1000 ? `$${formatCompact(usd)}` : formatCost(usd)
}

/** US dollars, so that the decimals of a column line up: `$0.0034`, `$1.2000`, `<$0.0001`; a dash when unknown */
export function formatCostAligned(usd: number | null): string {
  if (usd === null) return '–'
  if (usd > 0 && usd < 0.0001) return '<$0.0001'
  if (usd >= 1000) return formatCost(usd)
  return `$${usd.toFixed(4)}`
}

/** US dollars with all their digits: `$0.1234567` */
export function formatExactCost(usd: number): string {
  if (usd >= 1e15 || (usd > 0 && usd < 1e-15)) return `$${usd}`
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 20 })}`
}

/** Costs that were added up: a dash if none is known, and `≥ $1.20` if some are not. */
export function formatCostSum(costs: {
  readonly count: number
  readonly costUsd: number
  readonly costUnknown: number
}): string {
  const { count, costUsd, costUnknown } = costs
  if (costUnknown === 0) return formatCost(costUsd)
  return costUnknown >= count ? '–' : `≥ ${formatCost(costUsd)}`
}

/** `unknown for 12` */
export function unknownCosts(count: number): string {
  return `unknown for ${formatCount(count)}`
}

/** `412 ms`, `1.24 s`, `2 min 3 s`, `3 d 4 h`; a dash when unknown */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < SECOND) return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(ms < 10 * SECOND ? 2 : 1)} s`
  if (ms < HOUR) return two(ms, MINUTE, 'min', SECOND, 's')
  if (ms < DAY) return two(ms, HOUR, 'h', MINUTE, 'min')
  if (ms < 100 * DAY) return two(ms, DAY, 'd', HOUR, 'h')
  return `${formatCompact(ms / DAY)} d`
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${formatCount(Math.floor(ms / large))} ${largeUnit}${rest > 0 ? ` ${rest} ${smallUnit}` : ''}`
}

/** How long ago: `3 hours ago`. */
export function formatAge(timestamp: string, now = Date.now()): string {
  const ms = now - Date.parse(timestamp)
  if (ms < MINUTE) return 'just now'
  if (ms < HOUR) return `${plural(Math.floor(ms / MINUTE), 'minute', 'minutes')} ago`
  if (ms < 2 * DAY) return `${plural(Math.floor(ms / HOUR), 'hour', 'hours')} ago`
  return `${plural(Math.floor(ms / DAY), 'day', 'days')} ago`
}

/** UTC: `2026-11-23 20:28:00` */
export function formatTime(timestamp: string): string {
  const ms = Date.parse(timestamp)
  return Number.isNaN(ms) ? timestamp : new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** `1.4 MB`, of a text of so many characters */
export function formatLength(characters: number): string {
  return characters < 10_000
    ? plural(characters, 'character', 'characters')
    : `${formatCompact(characters)} characters`
}

/** A message of an error as a sentence: the command line puts a name before it. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
