import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AuditLog } from '@audit/core'
import Database from 'better-sqlite3'
import { newBackend } from './backends.ts'
import { fileOf } from './log-file.ts'

/** What the checksum covers, but for index and id. */
const VALUES = ['2026-01-01T00:00:00.000Z', '', 'm', null, null, '{}', '', ''].join('\0')

/** Fills an SQLite log with rows of next to nothing but a random leaf hash, past its triggers: what a tree is made of. */
export async function fillWithLeaves(folder: string, size: number): Promise<void> {
  const log = new AuditLog({ backend: newBackend('sqlite', folder) })
  await log.count()
  await log.close()
  const database = new Database(fileOf('sqlite', folder))
  database.pragma('synchronous = OFF')
  const others = database
    .prepare<[], { type: string; name: string; sql: string }>(
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND tbl_name = 'audit_log' AND sql <> ''",
    )
    .all()
  for (const { type, name } of others) database.exec(`DROP ${type} ${name}`)
  const insert = database.prepare(
    "INSERT INTO audit_log VALUES (?, ?, '2026-01-01T00:00:00.000Z', '', 'm', NULL, NULL, ?, ?, '{}', '', '')",
  )
  database.transaction(() => {
    for (let i = 0; i < size; i++) insert.run(i, String(i), randomBytes(32), crc32(`${i}\0${i}\0${VALUES}`))
  })()
  for (const { sql } of others) database.exec(sql)
  database.close()
}
