import type { Figures } from '../contract.ts'

/** How calls end that did not end well, as integrations record it under `audit.status`. */
export const ERRORS: readonly string[] = ['error', 'timeout']
export const ABORTS: readonly string[] = ['aborted', 'cancelled', 'truncated', 'unfinished']

/** How many calls ended in one of some ways. */
export function countOf({ status }: Pick<Figures, 'status'>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (Object.hasOwn(status, name) ? (status[name] ?? 0) : 0), 0)
}

/** How many calls say how they ended. */
export function knownOf({ status }: Pick<Figures, 'status'>): number {
  return Object.values(status).reduce((sum, count) => sum + count, 0)
}

/** How many calls ended in another way than `ok`, as `audit stats` counts them. */
export function notOkOf(figures: Pick<Figures, 'status'>): number {
  return knownOf(figures) - countOf(figures, ['ok'])
}

/** Their share of the calls that say how they ended; `null` if none does. */
export function notOkShareOf(figures: Pick<Figures, 'status'>): number | null {
  const known = knownOf(figures)
  return known === 0 ? null : notOkOf(figures) / known
}
