import { crc32 } from 'node:zlib'
import {
  AuditError,
  canonicalEntryId,
  type JsonObject,
  PAGE_BYTES,
  parseCanonicalJson,
} from '@audit/core/backend'
import type { Row } from './row.ts'

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** Replaces bytes that are not UTF-8 when they are decoded. A text may also contain it. */
const REPLACEMENT = '\ufffd'

/**
 * The CRC-32 (as in gzip, RFC 1952 section 8) of an entry's values in the order of the columns, joined by NUL, with `null`
 * as the empty text. It reveals damage when an entry is read; the leaf hash reveals deliberate changes.
 */
export function checksumOf(row: Row): number {
  return crc32(row.join('\0'))
}

/** A row that was checked. */
export interface StoredRow {
  readonly row: Row
  /** What its JSON says. */
  readonly metadata: JsonObject
}

/**
 * Checks that the values of a row, as SQLite returns them with 64-bit integers, are spelt as this package writes them.
 * Otherwise two rows that differ in the file would be the same entry, with the same leaf hash.
 *
 * @param columns those of a `Row`, then `crc`.
 * @param readBytes reads the bytes of the six texts in their order, for when the decoded texts do not show them.
 * @throws AuditError `AUDIT_CORRUPT`
 */
export function storedRow(
  columns: readonly unknown[],
  readBytes: (index: number) => readonly unknown[],
): StoredRow {
  const [place, entryId, timestamp, user, model, costUsd, latencyMs, json, inputText, outputText, crc] =
    columns
  const index = Number(place)
  if (typeof place !== 'bigint' || !Number.isSafeInteger(index)) throw damaged(index, 'has no index')
  const texts = [entryId, timestamp, user, model, json, inputText, outputText]
  if (!texts.every(text => typeof text === 'string')) throw damaged(index, 'has something else for a text')
  if (!isAmount(costUsd) || !isAmount(latencyMs)) throw damaged(index, 'has something else for a number')
  const row = [index, ...columns.slice(1, -1)] as unknown as Row // each value was checked
  if (typeof crc !== 'bigint' || Number(crc) !== checksumOf(row))
    throw damaged(index, 'does not match its checksum')
  const [id, time] = texts
  if (id !== canonicalEntryId(String(id)) || !TIMESTAMP.test(String(time)))
    throw damaged(index, 'is not spelt as it was recorded')
  const metadata = metadataOf(json, index)
  if (!texts.some(text => text.includes(REPLACEMENT))) return { row, metadata }
  const bytes = readBytes(index)
  if (!texts.every((text, i) => isEncodedAs(text, bytes[i]))) throw damaged(index, 'is not UTF-8')
  return { row, metadata }
}

/** Metadata from its canonical JSON; `AUDIT_CORRUPT` for any other spelling. */
export function metadataOf(text: unknown, index?: number): JsonObject {
  const metadata = typeof text === 'string' ? parseCanonicalJson(text) : undefined
  if (!metadata) throw damaged(index, 'has metadata that are no canonical JSON object')
  return metadata
}

/** Metadata from the bytes of its canonical JSON. */
export function metadataOfBytes(bytes: unknown): JsonObject {
  const text = bytes instanceof Uint8Array ? Buffer.from(bytes).toString('utf8') : undefined
  if (!isEncodedAs(text, bytes)) throw damaged(undefined, 'has metadata that are not UTF-8')
  return metadataOf(text)
}

/** Whether a decoded text may hide bytes that are not UTF-8. */
export function mayHideBytes(text: unknown): boolean {
  return typeof text === 'string' && text.includes(REPLACEMENT)
}

/** Makes something of each row, until the rows weigh a page. */
export function pageOf<T>(
  rows: Iterable<StoredRow>,
  make: (stored: StoredRow) => T,
): { readonly items: T[]; readonly isPartial: boolean } {
  const items: T[] = []
  let weight = 0
  for (const stored of rows) {
    if (weight >= PAGE_BYTES) return { items, isPartial: true }
    for (const value of stored.row) if (typeof value === 'string') weight += value.length
    items.push(make(stored))
  }
  return { items, isPartial: false }
}

/** Whether a value can be a cost or a latency. */
export function isAmount(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && !Object.is(value, -0))
}

function isEncodedAs(text: string | undefined, bytes: unknown): boolean {
  return text !== undefined && bytes instanceof Uint8Array && Buffer.from(text).equals(bytes)
}

/** The error for an entry that differs from what was written. */
export function damaged(index: number | undefined, fault: string): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `${index === undefined ? 'an entry' : `entry ${index}`} ${fault}: keep a copy of the file, then run \`log.verify()\` and \`PRAGMA integrity_check\``,
  )
}
