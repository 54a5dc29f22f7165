import type { AuditLog } from '@audit/core'

/** How fast a whole log was verified. */
export interface Verified {
  /** Entries a second. */
  readonly rate: number
  /** Entries a second of processor time, of all threads of this process. */
  readonly perCore: number
}

/** Verifies all of a log. */
export async function verified(log: AuditLog): Promise<Verified> {
  const size = await log.count()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const { ok } = await log.verify()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - start) / 1000
  if (!ok) throw new Error('the log is not what was recorded')
  return { rate: size / seconds, perCore: (size * 1e6) / (user + system) }
}
