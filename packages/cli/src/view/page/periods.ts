/** Days or months, as the server names them: `2026-11-25`, `2026-11`. */
export type Step = 'day' | 'month'

/** All periods from the first to the last, those without an entry too, so that a gap in time is a gap in a chart. */
export function allPeriods(known: readonly string[], step: Step): readonly string[] {
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return []
  const periods: string[] = []
  const date = new Date(startOf(first) * 1000)
  for (let period = first; period <= last; period = nameOf(date, step)) {
    periods.push(period)
    if (step === 'day') date.setUTCDate(date.getUTCDate() + 1)
    else date.setUTCMonth(date.getUTCMonth() + 1)
  }
  return periods
}

/** When a period begins, in seconds. */
export function startOf(period: string): number {
  return Date.parse(`${period}${period.length === 'yyyy-mm'.length ? '-01' : ''}T00:00:00Z`) / 1000
}

/** About how long a period is, in seconds. */
export function secondsOf(step: Step): number {
  return (step === 'day' ? 1 : 30) * 86_400
}

function nameOf(date: Date, step: Step): string {
  return date.toISOString().slice(0, step === 'day' ? 10 : 7)
}
