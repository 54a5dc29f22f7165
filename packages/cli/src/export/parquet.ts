import type { AuditEntry } from '@audit/core'
import { canonicalJson } from '@audit/core/backend'
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer'
import { batchesOf } from './batches.ts'
import type { ExportFormat } from './export-format.ts'
import { instantOf } from './instant.ts'

/** For DuckDB, Spark, pandas and other tools of analysts: typed columns, compressed, in row groups. */
export const parquet: ExportFormat = {
  name: 'parquet',
  summary: 'for DuckDB, Spark and pandas: typed columns, compressed',
  extension: 'parquet',
  mediaType: 'application/vnd.apache.parquet',
  isBinary: true,
  write,
}

/** A row group is held in memory: as text, as bytes, and compressed. */
const RULES = {
  row: (entry: AuditEntry): Row => ({ ...entry, metadata: canonicalJson(entry.metadata) }),
  lengthOf: ({ inputText, outputText, metadata }: Row) =>
    inputText.length + outputText.length + metadata.length,
  maxLength: 8 * 1024 * 1024,
  maxRows: 50_000,
}

type Row = Omit<AuditEntry, 'metadata'> & { readonly metadata: string }

interface Column {
  readonly schema: SchemaElement
  /** Whether a row group says which values it has: not for long texts, whose bounds help nobody. */
  readonly statistics: boolean
  value(row: Row): unknown
}

const COLUMNS: readonly Column[] = [
  {
    schema: { name: 'index', type: 'INT64', repetition_type: 'REQUIRED' },
    statistics: true,
    value: row => BigInt(row.index),
  },
  {
    schema: {
      name: 'timestamp',
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      repetition_type: 'REQUIRED',
    },
    statistics: true,
    value: row => new Date(instantOf(row)),
  },
  text('entry_id', row => row.entryId),
  text('user', row => row.user),
  text('model', row => row.model),
  amount('cost_usd', row => row.costUsd),
  amount('latency_ms', row => row.latencyMs),
  text('input_text', row => row.inputText, false),
  text('output_text', row => row.outputText, false),
  text('metadata', row => row.metadata, false),
]

function text(name: string, value: (row: Row) => string, statistics = true): Column {
  const schema: SchemaElement = {
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
    repetition_type: 'REQUIRED',
  }
  return { schema, statistics, value }
}

function amount(name: string, value: (row: Row) => number | null): Column {
  return { schema: { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }, statistics: true, value }
}

const SCHEMA: SchemaElement[] = [
  { name: 'audit_log', num_children: COLUMNS.length },
  ...COLUMNS.map(({ schema }) => schema),
]

async function* write(entries: AsyncIterable<AuditEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new ByteWriter()
  const file = new ParquetWriter({ writer: bytes, schema: SCHEMA, createdBy: '@audit/cli' })
  for await (const rows of batchesOf(entries, RULES)) {
    const columnData = COLUMNS.map(({ schema: { name }, statistics, value }) => ({
      name,
      statistics,
      data: rows.map(value),
    }))
    await file.write({ columnData, rowGroupSize: rows.length })
    yield taken(bytes)
  }
  await file.finish()
  yield taken(bytes)
}

/** Takes what was written out of the writer, which goes on at the same offset. */
function taken(bytes: ByteWriter): Uint8Array {
  const written = bytes.getBytes().slice()
  bytes.index = 0
  return written
}
