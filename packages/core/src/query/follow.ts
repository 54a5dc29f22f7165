import { setTimeout as delay } from 'node:timers/promises'
import type { AuditEntry } from '../entry/entry.ts'
import { AuditError, type AuditErrorCode } from '../errors.ts'
import { untilAbortedEach } from './abort.ts'
import type { LogReader } from './log-reader.ts'
import type { CheckedRange } from './query.ts'

/** How long it waits before it looks again for what has come, in milliseconds. */
const POLL_MS = 100
/** How long a store may be away before the reading ends with its error, in milliseconds. */
const PATIENCE_MS = 60_000

/** A store may answer again after these. */
const PASSING: readonly AuditErrorCode[] = ['AUDIT_READ_FAILED', 'AUDIT_OPEN_FAILED', 'AUDIT_BUSY']

/**
 * Entries by index, and those that come later, until `end` or the signal. It goes on by the last index that it gave, so that
 * nothing is missed and nothing comes twice, whoever records, and whatever happens to the connection.
 */
export async function* follow(
  reader: LogReader,
  { start, end, signal }: CheckedRange,
): AsyncGenerator<AuditEntry, void, undefined> {
  let next = start
  let last: AuditEntry | undefined
  let silentSince: number | undefined
  while (next < end) {
    const pages = reader.range(next, end, signal, last)
    for (;;) {
      const page = await pages.next().catch(error => {
        silentSince ??= performance.now()
        if (isPassing(error) && performance.now() - silentSince <= PATIENCE_MS) return undefined
        throw error
      })
      if (page) silentSince = undefined
      if (!page || page.done) break
      for (const entry of untilAbortedEach(page.value, signal)) {
        next = entry.index + 1
        last = entry
        yield entry
      }
    }
    if (next < end) await pause(signal)
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof AuditError && PASSING.includes(error.code)
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(POLL_MS, undefined, { signal })
  } catch (error) {
    signal?.throwIfAborted() // with the signal's own reason
    throw error
  }
}
