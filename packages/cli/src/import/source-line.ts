import { AuditError } from '@audit/core'
import {
  canonicalEntryId,
  canonicalTimestamp,
  createEntry,
  decodeLine,
  type EntryFields,
} from '@audit/core/backend'
import type { SourceEntry } from './source.ts'

/**
 * Reads an entry from a line as SynapseKit writes it, or this package: the same nine keys. NaN and infinite numbers, which
 * Python writes and JSON does not know, become null.
 *
 * @returns why it is no entry, for anything that `record` would refuse too.
 */
export function entryOfLine(line: string): SourceEntry | { readonly reason: string } {
  const { json, hasLostNumber } = withoutNonNumbers(line)
  try {
    const original = decodeLine(withMetadata(json))
    return {
      fields: canonicalFields(original),
      original: { entry_id: original.entryId, timestamp: original.timestamp },
      hasLostNumber,
    }
  } catch (error) {
    if (error instanceof AuditError) return { reason: error.message }
    throw error
  }
}

/**
 * Fields as the log would have recorded them, but for the id and the time, which stay in canonical spelling. Throws
 * AuditError `AUDIT_INVALID_ENTRY`.
 */
export function canonicalFields({ entryId, timestamp, ...input }: EntryFields): EntryFields {
  const identity = { entryId: canonicalEntryId(entryId), timestamp: canonicalTimestamp(timestamp) }
  return createEntry(input, identity)
}

/** `NaN`, `Infinity` and `-Infinity` as `null`, outside of strings only: a text may hold these words. */
function withoutNonNumbers(line: string): { readonly json: string; readonly hasLostNumber: boolean } {
  if (!/NaN|Infinity/.test(line)) return { json: line, hasLostNumber: false }
  let json = ''
  let hasLostNumber = false
  for (let start = 0; start < line.length; ) {
    const quote = line.indexOf('"', start)
    const end = quote < 0 ? line.length : quote
    json += line.slice(start, end).replace(/-?\bInfinity\b|\bNaN\b/g, () => {
      hasLostNumber = true
      return 'null'
    })
    start = endOfString(line, end)
    json += line.slice(end, start)
  }
  return { json, hasLostNumber }
}

/** Where the string that begins at a quote ends. */
function endOfString(line: string, quote: number): number {
  for (let end = line.indexOf('"', quote + 1); end >= 0; end = line.indexOf('"', end + 1)) {
    let backslashes = 0
    while (line[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end + 1
  }
  return line.length
}

/** No metadata is an empty object here. Only a key can match: within a string, each quote follows a backslash. */
function withMetadata(json: string): string {
  if (!/"metadata"\s*:\s*null\b/.test(json)) return json
  const isNone = metadataOf(json) === null
  return isNone ? json.replace(/("metadata"\s*:\s*)null\b/, '$1{}') : json
}

function metadataOf(json: string): unknown {
  try {
    const record: unknown = JSON.parse(json)
    return typeof record === 'object' && record !== null && 'metadata' in record ? record.metadata : undefined
  } catch {
    return undefined // `decodeLine` says so
  }
}
