import { metadataIndexesFrom, optionsOf } from '@audit/core/backend'
import pg from 'pg'
import { APPEND_FUNCTIONS } from './append-function.ts'
import { CREATE_GUARDS, GUARD_FUNCTIONS } from './guards.ts'
import { createMetadataIndexes } from './metadata-index.ts'
import { READ_FUNCTION } from './read-function.ts'
import { createFunction, PLAIN_STRINGS, SAFE_PATH, type SqlFunction, settingSql } from './sql-function.ts'
import { FOREIGN_SCHEMA, NEWER_FORMAT, OTHER_ENCODING } from './sql-states.ts'
import { CREATE_TABLES, foreignSql } from './tables.ts'

/** The version of the tables, in `audit.format`. A newer one is refused. */
export const FORMAT_VERSION = 1

/** `AUDT`, the advisory lock of migrations. */
const MIGRATION_LOCK = 0x41554454

/** All functions of the schema. */
export const FUNCTIONS: readonly SqlFunction[] = [...GUARD_FUNCTIONS, ...APPEND_FUNCTIONS, READ_FUNCTION]

// Before anything is touched, and in the same transaction as all that follows.
const LOOK = `
DO $body$
BEGIN
  IF pg_client_encoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'the session has the client_encoding %, and must have UTF8', pg_client_encoding()
      USING ERRCODE = '${OTHER_ENCODING}';
  END IF;
  IF ${foreignSql(FUNCTIONS)} THEN
    RAISE EXCEPTION 'the schema audit holds something else under the names of the log; it was left as it is'
      USING ERRCODE = '${FOREIGN_SCHEMA}';
  END IF;
  IF to_regclass('audit.format') IS NOT NULL THEN
    IF (SELECT max(version) FROM audit.format) > ${FORMAT_VERSION} THEN
      RAISE EXCEPTION 'the tables have a newer version than ${FORMAT_VERSION}' USING ERRCODE = '${NEWER_FORMAT}';
    END IF;
  END IF;
END
$body$;
`

const VERSION = `
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE IF NOT EXISTS audit.format (version integer PRIMARY KEY);
INSERT INTO audit.format VALUES (${FORMAT_VERSION}) ON CONFLICT DO NOTHING;
`

// The key was not always there, and lock_log did not want it: it locked any log for anybody. Whoever may append may lock.
const UPGRADE = `
DROP FUNCTION IF EXISTS audit.lock_log(text);
`
const GRANTS = `
DO $body$
DECLARE
  writer record;
BEGIN
  FOR writer IN SELECT DISTINCT rolname FROM pg_proc CROSS JOIN aclexplode(proacl) AS acl JOIN pg_roles ON pg_roles.oid = acl.grantee
    WHERE pg_proc.oid = 'audit.append'::regproc AND acl.privilege_type = 'EXECUTE'
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION audit.lock_log TO %I', writer.rolname);
  END LOOP;
END
$body$;
`

/** What `migrationSql` takes besides the log. */
export interface MigrationOptions {
  /** Keys of the metadata that get an index, as in `PostgresBackendOptions`. Default: none. */
  readonly metadataIndexes?: readonly string[]
}

/**
 * The SQL that creates the schema `audit` and one log in it, for databases that somebody else runs. You can run it again,
 * also for another log. If the tables are of a newer version, or the schema holds something else, it fails and changes
 * nothing. It waits for locks for the session's `lock_timeout`, or else for 30 seconds.
 *
 * @param log the name of the log.
 * @param options `metadataIndexes`: see `PostgresBackendOptions`. A new index of a full log keeps writers waiting while it is
 *   built, and readers not; `migrate()` and `open()` build it without keeping anybody waiting.
 * @throws AuditError `AUDIT_INVALID_OPTIONS`.
 */
export function migrationSql(log: string, options: MigrationOptions = {}): string {
  const { metadataIndexes } = optionsOf(options, ['metadataIndexes'], 'migrationSql')
  const keys = metadataIndexesFrom(metadataIndexes, 'migrationSql')
  return `BEGIN;
${[SAFE_PATH, PLAIN_STRINGS].map(setting => settingSql(`LOCAL ${setting}`)).join(';\n')};
SELECT set_config('lock_timeout', '30s', true) WHERE current_setting('lock_timeout') = '0';
-- One at a time, where several processes migrate at once.
SELECT pg_advisory_xact_lock(${MIGRATION_LOCK});
${LOOK}${VERSION}${CREATE_TABLES}${UPGRADE}${FUNCTIONS.map(createFunction).join('')}${GRANTS}${CREATE_GUARDS}${createMetadataIndexes(keys)}
INSERT INTO audit.logs (log) VALUES (${pg.escapeLiteral(log)}) ON CONFLICT DO NOTHING;
COMMIT;
`
}
