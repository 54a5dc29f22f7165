import { csv } from './csv.ts'
import type { ExportFormat } from './export-format.ts'
import { jsonl } from './jsonl.ts'
import { ocsf } from './ocsf.ts'
import { parquet } from './parquet.ts'
import { promptfoo } from './promptfoo.ts'

/** All formats, in the order in which they are offered. A further format stands here. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [jsonl, csv, ocsf, parquet, promptfoo]

/** The format of this name; `undefined` where there is none. */
export function exportFormat(name: string): ExportFormat | undefined {
  return EXPORT_FORMATS.find(format => format.name === name)
}
