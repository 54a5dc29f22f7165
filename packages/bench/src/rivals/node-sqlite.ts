import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Contender } from '../contender.ts'
import { INSERT, PRAGMAS, rowMaker, SCHEMA } from './rows.ts'

/** The SQLite that is part of Node.js, used in the same way. */
export const nodeSqlite: Contender = {
  name: 'node:sqlite, bare, a commit a batch',
  durable: 'synced; blocks the thread',
  hashed: 'nothing',
  async open(folder) {
    const database = new DatabaseSync(join(folder, 'bare.db'))
    database.exec(PRAGMAS + SCHEMA)
    const rowOf = rowMaker()
    const insert = database.prepare(INSERT)
    return {
      write: batch => {
        database.exec('BEGIN IMMEDIATE')
        for (const exchange of batch) insert.run(...rowOf(exchange))
        database.exec('COMMIT')
      },
      close: async () => database.close(),
    }
  },
}
