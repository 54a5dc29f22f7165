import type { AuditEntry, AuditLog, EntryInput } from '@audit/core'
import { SingleBar } from 'cli-progress'

/** From this many exchanges on, a bar shows how far the recording is. */
const LONG = 500

/** Records all exchanges, in their order. They share commits, because no call waits for the one before. */
export async function recordExchanges(
  log: AuditLog,
  exchanges: readonly EntryInput[],
): Promise<readonly AuditEntry[]> {
  // On a pipe instead of a terminal, cli-progress shows nothing.
  const bar = new SingleBar({ format: 'Recording {bar} {value} of {total}', clearOnComplete: true })
  if (exchanges.length >= LONG) bar.start(exchanges.length, 0)
  try {
    return await Promise.all(
      exchanges.map(async exchange => {
        const entry = await log.record(exchange)
        bar.increment()
        return entry
      }),
    )
  } finally {
    bar.stop()
  }
}
