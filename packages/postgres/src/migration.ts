import { AuditError } from '@audit/core'
import type pg from 'pg'
import { Connection } from './connection.ts'
import { isRolledBack, sqlStateOf } from './failure.ts'
import { migrationSql } from './sql/schema.ts'

const TRIES = 5

/** Creates the log, and the tables if they do not exist. */
export async function migrate(pool: pg.Pool, log: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryMigrate(pool, log)
    } catch (error) {
      if (!isRace(error) || tries === TRIES) throw error
    }
  }
}

async function tryMigrate(pool: pg.Pool, log: string): Promise<void> {
  try {
    await Connection.use(pool, client => client.query(migrationSql(log)))
  } catch (error) {
    if (sqlStateOf(error) !== '55P03') throw error
    throw new AuditError(
      'AUDIT_BUSY',
      'another session holds a lock on the tables of the log, or migrates; nothing was changed: end its transaction, and try again',
      { cause: error },
    )
  }
}

/** Whether another process was creating the same objects at the same moment. */
function isRace(error: unknown): boolean {
  return isRolledBack(error) || /^(23505|42P0[67]|42710|42723|XX000)$/.test(sqlStateOf(error) ?? '')
}
