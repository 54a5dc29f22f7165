import { AuditError } from '@audit/core'
import type pg from 'pg'
import { FORMAT_VERSION } from './schema.ts'
import { rowsOf } from './statement.ts'

/** The oldest server that has all that is used here: PostgreSQL 14. */
const OLDEST_SERVER = 140_000

/** What is not settled by the version: each setting, what it must be, and why. */
const SETTINGS: readonly (readonly [name: string, isGood: (value: string) => boolean, advice: string])[] = [
  [
    'server_encoding',
    value => value === 'UTF8',
    'the database cannot store every text; create one with the encoding UTF8',
  ],
  [
    'fsync',
    value => value === 'on',
    'the server does not wait for its disk, so it can promise nothing; switch fsync on',
  ],
  [
    'extra_float_digits',
    value => Number(value) > 0,
    'the server rounds numbers when it gives them out; set extra_float_digits to 1, its default',
  ],
]

/** Whether a log can be kept on this server, as it is set up for these connections. Throws AuditError `AUDIT_OPEN_FAILED`. */
export async function checkServer(pool: pg.Pool): Promise<void> {
  const names = ['server_version_num', ...SETTINGS.map(([name]) => name)]
  const rows = await rowsOf<{ name: string; value: string | null }>(pool, {
    text: 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name',
    values: [names],
  })
  const settingOf = (name: string) => rows.find(row => row.name === name)?.value ?? undefined
  if (Number(settingOf('server_version_num')) < OLDEST_SERVER) {
    throw new AuditError('AUDIT_OPEN_FAILED', 'the server is older than PostgreSQL 14; update it')
  }
  for (const [name, isGood, advice] of SETTINGS) {
    const value = settingOf(name)
    // What speaks the protocol without being PostgreSQL need not have each.
    if (value !== undefined && !isGood(value)) throw new AuditError('AUDIT_OPEN_FAILED', advice)
  }
}

/** Whether the tables and the log are there. Throws AuditError `AUDIT_OPEN_FAILED`, `AUDIT_UNSUPPORTED_FORMAT`. */
export async function checkLog(pool: pg.Pool, log: string): Promise<void> {
  const [found] = await rowsOf<{ version: string | null; log: string | null }>(pool, {
    text: `SELECT (SELECT max(version) FROM audit.format) AS version,
      (SELECT log FROM audit.logs WHERE log = $1) AS log`,
    values: [log],
  })
  if (Number(found?.version) > FORMAT_VERSION) {
    throw new AuditError(
      'AUDIT_UNSUPPORTED_FORMAT',
      `the tables have version ${found?.version}, and this package knows ${FORMAT_VERSION}: update it`,
    )
  }
  if (found?.log === log) return
  throw new AuditError(
    'AUDIT_OPEN_FAILED',
    `there is no log ${JSON.stringify(log)} in this database: call migrate(), or run migrationSql()`,
  )
}
