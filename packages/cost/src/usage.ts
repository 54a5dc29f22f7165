import type { PricedUsage } from './priced-call.ts'

/** The counts of a call, checked: none contradicts another, and those that are not known are absent. */
export type Counts = { readonly [Kind in keyof PricedUsage]?: number }

/** Which count each count is a part of. */
const WHOLE: Readonly<Record<keyof PricedUsage, keyof PricedUsage | null>> = {
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: 'inputTokens',
  cacheWriteTokens: 'inputTokens',
  cacheWrite1hTokens: 'cacheWriteTokens',
  reasoningTokens: 'outputTokens',
  inputAudioTokens: 'inputTokens',
  outputAudioTokens: 'outputTokens',
  cacheReadAudioTokens: 'cacheReadTokens',
  inputImageTokens: 'inputTokens',
  outputImageTokens: 'outputTokens',
  cacheReadImageTokens: 'cacheReadTokens',
}

const KINDS = Object.keys(WHOLE) as (keyof PricedUsage)[] // the keys of the table are those of its type

/** Checks the usage of a call. `null` where it is missing, has no input, or cannot be true. */
export function countsOf(usage: PricedUsage | null | undefined): Counts | null {
  if (!usage) return null
  const counts: { -readonly [Kind in keyof Counts]: Counts[Kind] } = {}
  for (const kind of KINDS) {
    const count = usage[kind]
    if (count === undefined || count === null) continue
    if (!isCount(count)) return null
    counts[kind] = count
  }
  return counts.inputTokens !== undefined && isConsistent(counts) ? counts : null
}

/** Whether a value is a count of tokens. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** No part is larger than its whole, and what was read from a cache was not written into it. */
function isConsistent(counts: Counts): boolean {
  const cached = (counts.cacheReadTokens ?? 0) + (counts.cacheWriteTokens ?? 0)
  if (cached > (counts.inputTokens ?? 0)) return false
  return KINDS.every(kind => {
    const whole = WHOLE[kind]
    return whole === null || (counts[kind] ?? 0) <= (counts[whole] ?? 0)
  })
}
