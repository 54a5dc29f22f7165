import { createRequire } from 'node:module'
import { AuditError } from '@audit/core'
import type BetterSqlite3 from 'better-sqlite3'

export type Database = BetterSqlite3.Database
export type DatabaseConstructor = typeof BetterSqlite3
export type Statement<Parameters extends unknown[], Result> = BetterSqlite3.Statement<Parameters, Result>

/** Loads better-sqlite3 as the file `anchor` would: the worker's code has no place of its own. */
export function loadDriver(anchor: string): DatabaseConstructor {
  try {
    return createRequire(anchor)('better-sqlite3')
  } catch (cause) {
    throw new AuditError(
      'AUDIT_OPEN_FAILED',
      'better-sqlite3 cannot be loaded; install it, and leave it out of a bundle (external)',
      { cause },
    )
  }
}
