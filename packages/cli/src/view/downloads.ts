import { AuditError } from '@audit/core'
import type { Context } from 'hono'
import { EXPORT_FORMATS, exportedEntries, exportFormat } from '../export/index.ts'
import type { Filters } from '../filters/filters.ts'
import { plainMessage } from '../output/plain-message.ts'
import type { DownloadFormat } from './contract.ts'
import type { ViewSource } from './source.ts'

/** What can be downloaded: the same as `audit export` writes. */
export const FORMATS: readonly DownloadFormat[] = EXPORT_FORMATS.map(({ name, summary }) => ({
  name,
  summary,
}))

/**
 * Answers with a file of the entries that match, as they come: nothing is gathered before. It is of the log as it is now,
 * whose size its name tells: what is recorded meanwhile is not in it. A log that cannot be read to its end breaks the download
 * off, so that no browser takes half a file for the whole.
 */
export async function startDownload(
  { log, context }: ViewSource,
  filters: Filters,
  request: Context,
): Promise<Response> {
  const format = exportFormat(request.req.query('format') ?? 'jsonl')
  if (!format) return request.json({ code: 'AUDIT_INVALID_QUERY', message: 'There is no such format.' }, 400)
  const size = await log.count()
  const { entries } = exportedEntries({ ...context, signal: request.req.raw.signal }, log, filters, size)
  return request.body(ReadableStream.from(plainly(format.write(entries))), 200, {
    'content-disposition': `attachment; filename="audit-${size}.${format.extension}"`,
    'content-type': format.mediaType,
  })
}

/** The server writes the error out, with its cause. Another error than an AuditError may hold what an entry says. */
async function* plainly<T>(pieces: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* pieces
  } catch (error) {
    if (!(error instanceof AuditError)) throw new Error('the log could not be read')
    throw new AuditError(error.code, plainMessage(error.message))
  }
}
