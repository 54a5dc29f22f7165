import {
  AuditError,
  canonicalTimestamp,
  type IndexedFields,
  indexedFieldsOf,
  type Leaf,
} from '@audit/core/backend'
import { MAX_LINE_BYTES } from './line-scanner.ts'
import type { WrittenLine } from './log-contents.ts'

const NEWLINE = 0x0a

/** Entries on their way to the file. One buffer reaches the worker faster than many. */
export interface Batch {
  /** The lines, each with its newline. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Bytes of each line, without its newline. */
  readonly lengths: readonly number[]
  /** What the index needs of each entry. */
  readonly fields: readonly IndexedFields[]
}

/**
 * @param metadataIndexes the named keys, whose values the index needs.
 * @throws AuditError `AUDIT_INVALID_ENTRY` for an entry that could not be read back.
 */
export function encodeBatch(leaves: readonly Leaf[], metadataIndexes: readonly string[] = []): Batch {
  const lengths = leaves.map(lengthOf)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length + 1, 0))
  const target = Buffer.from(bytes.buffer)
  let end = 0
  for (const { line } of leaves) {
    end += target.write(line, end)
    bytes[end++] = NEWLINE
  }
  return { bytes, lengths, fields: leaves.map(({ entry }) => indexedFieldsOf(entry, metadataIndexes)) }
}

/** The lines of a batch, without their newlines. */
export function linesOfBatch({ bytes, lengths, fields }: Batch): readonly WrittenLine[] {
  let start = 0
  return fields.map((of, i) => {
    const length = lengths[i] ?? 0
    const line = { fields: of, bytes: Buffer.from(bytes.buffer, bytes.byteOffset + start, length) }
    start += length + 1
    return line
  })
}

function lengthOf({ line, entry }: Leaf): number {
  // Otherwise the line would be acknowledged now, and damage when it is read back.
  if (!isTime(entry.timestamp)) throw new AuditError('AUDIT_INVALID_ENTRY', 'the timestamp is not a time')
  const length = Buffer.byteLength(line)
  if (length <= MAX_LINE_BYTES) return length
  const message = `the entry has ${length} bytes; a line may have at most ${MAX_LINE_BYTES}`
  throw new AuditError('AUDIT_INVALID_ENTRY', message)
}

function isTime(timestamp: string): boolean {
  const canonical = canonicalTimestamp(timestamp)
  const date = new Date(canonical)
  return !Number.isNaN(date.getTime()) && date.toISOString() === canonical
}
