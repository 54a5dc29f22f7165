import type { Figures } from '../contract.ts'

/** How calls end that did not end well, as integrations record it under `audit.status`. */
export const ERRORS: readonly string[] = ['error', 'timeout']
export const ABORTS: readonly string[] = ['aborted', 'cancelled', 'truncated', 'unfinished']

/** How many calls ended in one of some ways. */
export function countOf({ status }: Pick<Figures, 'status'>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (Object.hasOwn(status, name) ? (status[name] ?? 0) : 0), 0)
}

/** How many calls failed or were broken off. */
export function problemsOf(figures: Pick<Figures, 'status'>): number {
  return countOf(figures, [...ERRORS, ...ABORTS])
}
