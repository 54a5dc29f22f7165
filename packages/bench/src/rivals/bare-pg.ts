import type { Contender } from '../contender.ts'
import { poolOn } from '../databases.ts'
import { type Row, rowMaker } from './rows.ts'

/** The columns of `@audit/postgres`, in the order of a `Row`, but for its checksum. */
const COLUMNS = [
  'index',
  'entry_id',
  'timestamp',
  '"user"',
  'model',
  'cost_usd',
  'latency_ms',
  'leaf_hash',
  'metadata',
  'input_text',
  'output_text',
] as const

/**
 * The driver that `@audit/postgres` uses, bare: a prepared INSERT of as many rows as there are, which commits by itself.
 * Arrays of columns, with `unnest`, are slower here, and so is JSON.
 */
export const barePg: Contender = {
  name: 'pg, bare, a commit a batch',
  durable: 'synced',
  hashed: 'nothing',
  async open(database) {
    const client = await poolOn(database).connect()
    // The same columns and the same indexes, whatever they are, without checks and triggers.
    await client.query('CREATE TABLE bare (LIKE audit.entries INCLUDING ALL EXCLUDING CONSTRAINTS)')
    const rowOf = rowMaker()
    const inserts = new Map<number, string>()
    return {
      write: batch => {
        const text = inserts.get(batch.length) ?? insertOf(batch.length)
        inserts.set(batch.length, text)
        const values = batch.flatMap(exchange => valuesOf(rowOf(exchange)))
        return client.query({ name: `insert ${batch.length}`, text, values })
      },
      close: async () => client.release(),
    }
  },
}

function insertOf(rows: number): string {
  const width = COLUMNS.length
  const tuple = (row: number) => COLUMNS.map((_, column) => `$${row * width + column + 1}`).join(', ')
  const tuples = Array.from({ length: rows }, (_, row) => `('default', ${tuple(row)})`)
  return `INSERT INTO bare (log, ${COLUMNS.join(', ')}) VALUES ${tuples.join(', ')}`
}

function valuesOf([index, id, time, user, model, cost, latency, hash, , metadata, input, output]: Row) {
  return [index, id, time, user, model, cost, latency, hash, metadata, input, output]
}
