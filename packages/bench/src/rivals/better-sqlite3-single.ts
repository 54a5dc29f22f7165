import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Contender } from '../contender.ts'
import { INSERT, PRAGMAS, rowMaker, SCHEMA } from './rows.ts'

/** The same, without transactions: SQLite commits each INSERT. */
export const betterSqlite3Single: Contender = {
  name: 'better-sqlite3, bare, a commit an entry',
  durable: 'synced; blocks the thread',
  hashed: 'nothing',
  async open(folder) {
    const database = new Database(join(folder, 'bare.db'))
    database.exec(PRAGMAS + SCHEMA)
    const rowOf = rowMaker()
    const insert = database.prepare(INSERT)
    return {
      write: batch => {
        for (const exchange of batch) insert.run(...rowOf(exchange))
      },
      close: async () => void database.close(),
    }
  },
}
