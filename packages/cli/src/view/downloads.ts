import type { AuditEntry, AuditLog } from '@audit/core'
import { encodeLine } from '@audit/core/backend'
import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import type { AddressFilter } from './address-filter.ts'
import type { DownloadFormat } from './contract.ts'
import { hasText } from './entry-search.ts'
import type { ViewSource } from './source.ts'

/** What can be downloaded: the same as `audit export` writes. */
export const FORMATS: readonly DownloadFormat[] = [{ name: 'jsonl', title: 'JSON Lines' }]

/** Answers with a file of the entries that match, oldest first, as they come: nothing is gathered before. */
export function startDownload({ log, name }: ViewSource, filter: AddressFilter, context: Context): Response {
  const fileName = `${name.replaceAll(/[^\w.-]/g, '_')}.jsonl`
  context.header('content-disposition', `attachment; filename="${fileName}"`)
  context.header('content-type', 'application/jsonl; charset=utf-8')
  return stream(context, async output => {
    for await (const entry of matching(log, filter, context.req.raw.signal)) await output.write(`${encodeLine(entry)}\n`)
  })
}

async function* matching(
  log: AuditLog,
  { filter, text }: AddressFilter,
  signal: AbortSignal,
): AsyncGenerator<AuditEntry, void, undefined> {
  for await (const entry of log.stream({ ...filter, signal })) if (text === '' || hasText(entry, text)) yield entry
}
