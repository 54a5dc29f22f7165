import type { AuditEntry } from '@audit/core'
import { batchesOf } from './batches.ts'

const PIECE_LENGTH = 64 * 1024
const PIECE_LINES = 1024

const encoder = new TextEncoder()

/** A line for each entry, in pieces of about 64 KiB. The lines must hold no newline. */
export async function* writeLines(
  entries: AsyncIterable<AuditEntry>,
  line: (entry: AuditEntry) => string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rules = {
    row: (entry: AuditEntry) => `${line(entry)}\n`,
    lengthOf: (text: string) => text.length,
    maxLength: PIECE_LENGTH,
    maxRows: PIECE_LINES,
  }
  for await (const batch of batchesOf(entries, rules)) yield encoder.encode(batch.join(''))
}
