import { encodeLine } from '@audit/core/backend'
import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import { type Filters, matchingEntries } from '../filters/filters.ts'
import type { DownloadFormat } from './contract.ts'
import type { ViewSource } from './source.ts'

/** What can be downloaded: the same as `audit export` writes. */
export const FORMATS: readonly DownloadFormat[] = [{ name: 'jsonl', title: 'JSON Lines' }]

/** Answers with a file of the entries that match, oldest first, as they come: nothing is gathered before. */
export function startDownload({ log, name, context: { ...context } }: ViewSource, filters: Filters, request: Context): Response {
  const fileName = `${name.replaceAll(/[^\w.-]/g, '_')}.jsonl`
  request.header('content-disposition', `attachment; filename="${fileName}"`)
  request.header('content-type', 'application/jsonl; charset=utf-8')
  const { signal } = request.req.raw
  return stream(request, async output => {
    for await (const entry of matchingEntries({ ...context, signal }, log, filters)) {
      await output.write(`${encodeLine(entry)}\n`)
    }
  })
}
