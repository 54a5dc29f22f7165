import { AuditError, requirePackage } from '@audit/core/backend'
import type BetterSqlite3 from 'better-sqlite3'

export type Database = BetterSqlite3.Database
export type DatabaseConstructor = typeof BetterSqlite3
export type Statement<Parameters extends unknown[], Result> = BetterSqlite3.Statement<Parameters, Result>

/** The Node-API version that better-sqlite3 was compiled for. An older Node.js still loads it, and then crashes. */
const NODE_API = 10

/**
 * Loads better-sqlite3 from the first of these files that can resolve it: the worker's code has no file of its own.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED` if it cannot be loaded, or if Node.js is too old for it.
 */
export function loadDriver(anchors: readonly string[]): DatabaseConstructor {
  assertNodeApi()
  return requirePackage<DatabaseConstructor>('better-sqlite3', anchors, Database => {
    new Database(':memory:').close() // loads the binary
  })
}

/** Electron and others have their own version numbers, so this checks the version of Node-API. */
function assertNodeApi(): void {
  const { node, napi } = process.versions
  if (Number(napi) >= NODE_API) return
  throw new AuditError(
    'AUDIT_OPEN_FAILED',
    `SQLite needs Node.js 22.14 or newer (Node-API ${NODE_API}), and this is ${node} (Node-API ${napi}): update Node.js`,
  )
}
