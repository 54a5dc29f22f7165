import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Contender } from '../contender.ts'
import { INSERT, PRAGMAS, rowMaker, SCHEMA } from './rows.ts'

/** The database that `@audit/sqlite` uses, bare: one prepared INSERT, a transaction a batch, on the main thread. */
export const betterSqlite3: Contender = {
  name: 'better-sqlite3, bare, a commit a batch',
  durable: 'synced; blocks the thread',
  hashed: 'nothing',
  async open(folder) {
    const database = new Database(join(folder, 'bare.db'))
    database.exec(PRAGMAS + SCHEMA)
    const rowOf = rowMaker()
    const insert = database.prepare(INSERT)
    const write = database.transaction((batch: Parameters<typeof rowOf>[0][]) => {
      for (const exchange of batch) insert.run(...rowOf(exchange))
    }).immediate
    return {
      write: batch => void write([...batch]),
      close: async () => void database.close(),
    }
  },
}
