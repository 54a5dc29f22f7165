import type { Contender } from './contender.ts'
import { auditJsonl } from './own/audit-jsonl.ts'
import { auditMemory } from './own/audit-memory.ts'
import { auditPostgres } from './own/audit-postgres.ts'
import { auditSqlite } from './own/audit-sqlite.ts'
import { bareFile } from './rivals/bare-file.ts'
import { barePg } from './rivals/bare-pg.ts'
import { betterSqlite3 } from './rivals/better-sqlite3.ts'
import { betterSqlite3Single } from './rivals/better-sqlite3-single.ts'
import { llmAuditLog } from './rivals/llm-audit-log.ts'
import { nodeSqlite } from './rivals/node-sqlite.ts'
import { pinoAsync } from './rivals/pino-async.ts'
import { pinoSync } from './rivals/pino-sync.ts'
import { unavoidableFile } from './rivals/unavoidable-file.ts'
import { unavoidableMemory } from './rivals/unavoidable-memory.ts'
import { winston } from './rivals/winston.ts'

/** Those that need no server, in the order of the tables. */
const local = {
  auditSqlite,
  betterSqlite3,
  betterSqlite3Single,
  nodeSqlite,
  auditJsonl,
  unavoidableFile,
  bareFile,
  llmAuditLog,
  pinoSync,
  pinoAsync,
  winston,
  auditMemory,
  unavoidableMemory,
} satisfies Record<string, Contender>

/** Those that store on a PostgreSQL server, likewise. */
const onPostgres = { auditPostgres, barePg } satisfies Record<string, Contender>

/** All who are measured. */
export const contenders = { ...local, ...onPostgres }

/** The key of a contender. */
export type ContenderId = keyof typeof contenders

export const localIds = Object.keys(local) as (keyof typeof local)[] // the keys of a literal are its keys
export const postgresIds = Object.keys(onPostgres) as (keyof typeof onPostgres)[] // likewise
