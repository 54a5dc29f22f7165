import type { AuditEntry } from '@audit/core'
import type { SessionPage } from './contract.ts'
import type { ViewSource } from './source.ts'

/** A longer session is cut: the list of entries has all of it. */
const MOST_ENTRIES = 200
/** About so many characters of texts are shown. */
const MOST_TEXT = 4_000_000

/** The first entries of a session, oldest first. */
export async function sessionEntries(
  { log, sessionKey }: ViewSource,
  session: string,
  signal: AbortSignal,
): Promise<SessionPage> {
  const entries: AuditEntry[] = []
  let length = 0
  for await (const entry of log.stream({
    metadata: { [sessionKey]: session },
    signal,
    limit: MOST_ENTRIES + 1,
  })) {
    if (entries.length === MOST_ENTRIES || length > MOST_TEXT) return { entries, isCut: true }
    entries.push(entry)
    length += entry.inputText.length + entry.outputText.length
  }
  return { entries, isCut: false }
}
