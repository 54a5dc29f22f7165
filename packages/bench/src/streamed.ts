import type { AuditLog } from '@audit/core'

/** What reading a whole log entry by entry came to. */
export interface Streamed {
  readonly entries: number
  /** Entries a second. */
  readonly rate: number
  /** By how many bytes the process grew between the first tenth and its largest size afterwards. */
  readonly growth: number
}

const LOOK_EVERY = 10_000

/** Reads all of a log. */
export async function streamed(log: AuditLog): Promise<Streamed> {
  const size = await log.count()
  const early: number[] = []
  const late: number[] = []
  let entries = 0
  const start = performance.now()
  for await (const _ of log.stream()) {
    if (++entries % LOOK_EVERY === 0) (entries <= size / 10 ? early : late).push(process.memoryUsage.rss())
  }
  const rate = (entries * 1000) / (performance.now() - start)
  return { entries, rate, growth: Math.max(0, ...late) - Math.max(0, ...early) }
}
