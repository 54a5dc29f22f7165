import type { AuditEntry, AuditLog } from '@audit/core'
import type { Context } from '../context.ts'
import { untilAborted } from '../until-aborted.ts'

/** Where an entry names the entry that it is about: the end of an intent, an evaluation. */
export const ABOUT_KEY = 'audit.about'

/** What an entry has to do with others. */
export interface RelatedEntries {
  /** What it is about; `undefined` where it is about none, or where the log does not hold it. */
  readonly about: AuditEntry | undefined
  /** The id that it names, whether the log holds it or not. */
  readonly aboutId: string | undefined
  /** What is about it, in the order of time: at most `MOST_RELATED`. */
  readonly aboutIt: readonly AuditEntry[]
}

/** More are not looked for. */
export const MOST_RELATED = 100
/** Clocks of different machines may differ by so much. */
const CLOCKS_MS = 24 * 3_600_000

/** Finds the entry that an entry is about, and those that are about it. */
export async function relatedEntries(
  context: Context,
  log: AuditLog,
  entry: AuditEntry,
): Promise<RelatedEntries> {
  const aboutId = entry.metadata[ABOUT_KEY]
  const recorded = Date.parse(entry.timestamp)
  const aboutIt = await log.query({
    metadata: { [ABOUT_KEY]: entry.entryId },
    ...(Number.isNaN(recorded) ? {} : { since: new Date(Math.max(recorded - CLOCKS_MS, 0)) }),
    limit: MOST_RELATED,
    signal: context.signal,
  })
  if (typeof aboutId !== 'string') return { about: undefined, aboutId: undefined, aboutIt }
  return { about: await untilAborted(log.get(aboutId), context.signal), aboutId, aboutIt }
}
