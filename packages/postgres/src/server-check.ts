import { AuditError } from '@audit/core'
import type { Database } from './database.ts'
import { FORMAT_VERSION } from './sql/schema.ts'
import { COMPLETE_TABLES, FOREIGN_TABLES } from './sql/tables.ts'

/** The oldest server with everything that is used here: PostgreSQL 14. */
const OLDEST_SERVER = 140_000

/** The settings that must have certain values, and why. */
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
    'quote_all_identifiers',
    value => value === 'off',
    'the connections have quote_all_identifiers on, which changes how definitions are spelt; leave it off for the log',
  ],
  [
    'client_encoding',
    value => value === 'UTF8',
    'the connections have another client_encoding than UTF8, so texts would be changed on their way; leave it as pg sets it',
  ],
]

/** Checks that this server, with the settings of these connections, can hold a log. Throws AuditError `AUDIT_OPEN_FAILED`. */
export async function checkServer(database: Database): Promise<void> {
  const names = ['server_version_num', ...SETTINGS.map(([name]) => name)]
  const rows = await database.rows<{ name: string; value: string | null }>({
    text: 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name',
    values: [names],
  })
  const settingOf = (name: string) => rows.find(row => row.name === name)?.value ?? undefined
  if (Number(settingOf('server_version_num')) < OLDEST_SERVER) {
    throw new AuditError('AUDIT_OPEN_FAILED', 'the server is older than PostgreSQL 14; update it')
  }
  for (const [name, isGood, advice] of SETTINGS) {
    const value = settingOf(name)
    // Other servers that speak the protocol may lack some of them.
    if (value !== undefined && !isGood(value)) throw new AuditError('AUDIT_OPEN_FAILED', advice)
  }
}

/** Checks that the tables and the log exist. Throws AuditError `AUDIT_OPEN_FAILED`, `AUDIT_UNSUPPORTED_FORMAT`. */
export async function checkLog(database: Database, log: string): Promise<void> {
  await checkTables(database)
  const [found] = await database.rows<{ version: string | null; log: string | null }>({
    text: `SELECT (SELECT max(version) FROM audit.format) AS version,
      (SELECT log FROM audit.logs WHERE log = $1) AS log`,
    values: [log],
  })
  if (Number(found?.version) > FORMAT_VERSION) {
    throw new AuditError(
      'AUDIT_UNSUPPORTED_FORMAT',
      `the tables have version ${found?.version}, and this package supports ${FORMAT_VERSION}: update the package`,
    )
  }
  if (found?.log === log) return
  throw new AuditError(
    'AUDIT_OPEN_FAILED',
    `there is no log ${JSON.stringify(log)} in this database: call migrate(), or run migrationSql()`,
  )
}

/** Leaves tables of somebody else alone, and does not even look for the log in them. */
async function checkTables(database: Database): Promise<void> {
  const [tables] = await database.rows<{ foreign: string; complete: string }>({
    text: `SELECT ${FOREIGN_TABLES} AS "foreign", ${COMPLETE_TABLES} AS complete`,
    values: [],
  })
  if (tables?.foreign === 't') {
    throw new AuditError(
      'AUDIT_UNSUPPORTED_FORMAT',
      'the schema audit of this database holds tables of somebody else under the names of the log: use another database',
    )
  }
  if (tables?.complete === 't') return
  throw new AuditError(
    'AUDIT_OPEN_FAILED',
    'the tables are missing, or older than this package: call migrate(), or run migrationSql()',
  )
}
