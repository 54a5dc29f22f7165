import type { CrowdSize } from './crowd.ts'

/** How often each thing is tried, on each backend. */
export interface Scale {
  readonly kills: number
  readonly crowd: CrowdSize
  readonly damagedFiles: number
  /** Of each system call, so many are made to fail, one in each run. */
  readonly faultsOfAKind: number
  readonly sequences: number
}

/** What `pnpm torture` does: 100,352 entries in the crowd. */
export const FULL: Scale = {
  kills: 300,
  crowd: { processes: 4, threads: 4, callers: 64, entries: 98 },
  damagedFiles: 1000,
  faultsOfAKind: 25,
  sequences: 300,
}

/** What the tests do. */
export const SHORT: Scale = {
  kills: 10,
  crowd: { processes: 2, threads: 2, callers: 16, entries: 20 },
  damagedFiles: 40,
  faultsOfAKind: 1,
  sequences: 15,
}
