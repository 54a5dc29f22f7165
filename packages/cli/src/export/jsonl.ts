import { encodeLine } from '@audit/core/backend'
import type { ExportFormat } from './export-format.ts'
import { writeLines } from './lines.ts'

/** The canonical lines, byte for byte: what the log hashes, so that an export can be checked against a checkpoint. */
export const jsonl: ExportFormat = {
  name: 'jsonl',
  summary: 'the canonical lines, byte for byte: a log again, and what the hashes are over',
  extension: 'jsonl',
  mediaType: 'application/jsonl',
  isBinary: false,
  write: entries => writeLines(entries, encodeLine),
}
