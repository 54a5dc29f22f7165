import type { Contender } from './contender.ts'
import { auditJsonl } from './own/audit-jsonl.ts'
import { auditMemory } from './own/audit-memory.ts'
import { auditSqlite } from './own/audit-sqlite.ts'
import { bareFile } from './rivals/bare-file.ts'
import { betterSqlite3 } from './rivals/better-sqlite3.ts'
import { betterSqlite3Single } from './rivals/better-sqlite3-single.ts'
import { llmAuditLog } from './rivals/llm-audit-log.ts'
import { nodeSqlite } from './rivals/node-sqlite.ts'
import { pinoAsync } from './rivals/pino-async.ts'
import { pinoSync } from './rivals/pino-sync.ts'
import { unavoidableFile } from './rivals/unavoidable-file.ts'
import { unavoidableMemory } from './rivals/unavoidable-memory.ts'
import { winston } from './rivals/winston.ts'

/** All who are measured, in the order of the tables. */
export const contenders = {
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

/** The key of a contender. */
export type ContenderId = keyof typeof contenders

/** The keys of all contenders, in the order of the tables. */
export const contenderIds = Object.keys(contenders) as ContenderId[] // the keys of a literal are its keys
