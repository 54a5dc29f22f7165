import { basename } from 'node:path'
import type { LogInfo } from './contract.ts'
import { FORMATS } from './downloads.ts'
import { receiptOffer } from './receipts.ts'
import type { ViewSource } from './source.ts'

/** What the page is about, and what it can do. */
export async function logInfo(source: ViewSource): Promise<LogInfo> {
  const { log, location, sessionKey } = source
  return {
    name: location.kind === 'file' ? basename(location.path) : location.name,
    location: location.name,
    size: await log.count(),
    sessionKey,
    receipts: receiptOffer(source),
    formats: FORMATS,
  }
}
