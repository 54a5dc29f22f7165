import { AuditError } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { unsupported } from './failure.ts'
import { createMetadataIndexSql, keyOfMetadataIndex } from './metadata-index.ts'
import type { ReadableDatabase } from './readable-database.ts'

/** The application id in the header, `AUDT` (SQLite file format, section 1.3.15). */
export const APPLICATION_ID = 0x41554454
/** The version of the format, the user version in the header (section 1.3.12). A newer one is refused. */
export const FORMAT_VERSION = 1

/** The indexes of `audit_log` by their columns. Each ends with the rowid, which is `"index"`. */
export const INDEXES = {
  entryId: 'audit_log_by_entry_id',
  time: 'audit_log_by_time',
  user: 'audit_log_by_user',
  model: 'audit_log_by_model',
  userAndModel: 'audit_log_by_user_and_model',
} as const

/** Subtrees of 2^48 entries, more than any disk holds; an index has too few bits for the next level. */
const MAX_LEVEL = 6

const DIGITS = (count: number) => '[0-9]'.repeat(count)
const CANONICAL_TIMESTAMP = `${DIGITS(4)}-${DIGITS(2)}-${DIGITS(2)}T${DIGITS(2)}:${DIGITS(2)}:${DIGITS(2)}.${DIGITS(3)}Z`

// Long columns come last, so that filtered columns are on a row's first page.
const DDL = `
CREATE TABLE audit_log (
  "index" INTEGER PRIMARY KEY,
  entry_id TEXT NOT NULL,
  timestamp TEXT NOT NULL CHECK (timestamp GLOB '${CANONICAL_TIMESTAMP}'),
  user TEXT NOT NULL,
  model TEXT NOT NULL,
  cost_usd REAL,
  latency_ms REAL,
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  crc INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  input_text TEXT NOT NULL,
  output_text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ${INDEXES.entryId} ON audit_log (entry_id);
CREATE INDEX ${INDEXES.time} ON audit_log (timestamp);
CREATE INDEX ${INDEXES.user} ON audit_log (user, timestamp);
CREATE INDEX ${INDEXES.model} ON audit_log (model, timestamp);
CREATE INDEX ${INDEXES.userAndModel} ON audit_log (user, model, timestamp);
CREATE TABLE audit_log_subtrees (
  level INTEGER NOT NULL CHECK (level > 0),
  place INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only: entries cannot be changed');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only: entries cannot be deleted');
END;
CREATE TRIGGER audit_log_in_turn BEFORE INSERT ON audit_log
WHEN NEW."index" IS NOT (SELECT coalesce(max("index") + 1, 0) FROM audit_log) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only: an entry gets the next index');
END;
CREATE TRIGGER audit_log_once BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE entry_id = NEW.entry_id) BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only: this entry_id is there already');
END;
CREATE TRIGGER audit_log_subtrees_no_update BEFORE UPDATE ON audit_log_subtrees BEGIN
  SELECT RAISE(ABORT, 'audit_log_subtrees is append-only: roots cannot be changed');
END;
CREATE TRIGGER audit_log_subtrees_no_delete BEFORE DELETE ON audit_log_subtrees BEGIN
  SELECT RAISE(ABORT, 'audit_log_subtrees is append-only: roots cannot be deleted');
END;
CREATE TRIGGER audit_log_subtrees_complete BEFORE INSERT ON audit_log_subtrees
WHEN NEW.level > ${MAX_LEVEL} OR (NEW.place + 1) << (8 * NEW.level) > (SELECT coalesce(max("index") + 1, 0) FROM audit_log) BEGIN
  SELECT RAISE(ABORT, 'audit_log_subtrees: a root needs all entries of its subtree');
END;
CREATE TRIGGER audit_log_subtrees_in_turn BEFORE INSERT ON audit_log_subtrees
WHEN NEW.place IS NOT (SELECT coalesce(max(place) + 1, 0) FROM audit_log_subtrees WHERE level = NEW.level) BEGIN
  SELECT RAISE(ABORT, 'audit_log_subtrees is append-only: a root gets the next place of its level');
END;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT_VERSION};
`

/** Turns an empty database into a log, unless another process has done so meanwhile. */
export function createSchema(database: Database): void {
  database.exec('BEGIN EXCLUSIVE')
  try {
    if (formatOf(database) === 'empty') database.exec(DDL)
    database.exec('COMMIT')
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Whether the database is a log, or still empty.
 *
 * @throws AuditError `AUDIT_UNSUPPORTED_FORMAT` if it is something else, or of a newer version.
 */
export function formatOf(database: ReadableDatabase): 'empty' | 'log' {
  const { applicationId, version, schemaVersion } = marksOf(database)
  if (applicationId === APPLICATION_ID && version === FORMAT_VERSION) return 'log'
  if (applicationId === APPLICATION_ID) {
    throw unsupported(
      `it has format version ${version}, and this package supports ${FORMAT_VERSION}; update the package`,
    )
  }
  const wasNeverUsed = schemaVersion === 0
  if (wasNeverUsed && applicationId === 0 && version === 0) return 'empty'
  throw unsupported('it is a database of something else; give another path')
}

/** Reads all in one statement, from one snapshot, because another process may create the log between two reads. */
function marksOf(database: ReadableDatabase): Marks {
  const marks = database
    .prepare<[], Marks>(
      `SELECT application_id AS applicationId, user_version AS version, schema_version AS schemaVersion
       FROM pragma_application_id, pragma_user_version, pragma_schema_version`,
    )
    .get()
  if (!marks) throw new Error('SQLite returned no header')
  return marks
}

interface Marks {
  readonly applicationId: number
  readonly version: number
  readonly schemaVersion: number
}

/**
 * Compares everything that belongs to the log's tables with what should be there. Unrelated additions are fine, such as
 * the tables of ANALYZE or a user's own table.
 *
 * @throws AuditError `AUDIT_CORRUPT` if something is missing, different or added: the log is then no longer append-only.
 */
export function assertSchema(Database: DatabaseConstructor, database: ReadableDatabase): void {
  const [fault] = schemaFaults(Database, database)
  if (fault !== undefined) {
    throw new AuditError(
      'AUDIT_CORRUPT',
      `${fault} in the database: the log's schema was changed; keep a copy of the file, then restore a backup`,
    )
  }
}

/** How the schema of the log's tables differs from what it should be. It may have an index of any key of the metadata. */
export function schemaFaults(Database: DatabaseConstructor, database: ReadableDatabase): readonly string[] {
  const found = objectsOf(database)
  const sample = new Database(':memory:')
  try {
    sample.exec(DDL)
    const keys = new Set(found.flatMap(({ name }) => keyOfMetadataIndex(lower(name)) ?? []))
    for (const key of keys) sample.exec(createMetadataIndexSql(key))
    return differences(objectsOf(sample), found)
  } finally {
    sample.close()
  }
}

function differences(expected: readonly SchemaObject[], found: readonly SchemaObject[]): string[] {
  const faults: string[] = []
  const own: SchemaObject[] = []
  for (const object of expected) {
    const same = found.find(({ name }) => lower(name) === object.name)
    if (!same) faults.push(`${object.name} is missing`)
    else if (!isAlike(same, object)) faults.push(`${object.name} was changed`)
    if (same) own.push(same)
  }
  const pages = new Set(own.flatMap(({ rootpage }) => rootpage || []))
  for (const object of found) {
    if (!own.includes(object) && touchesLog(object, expected, pages))
      faults.push(`${quoted(object.name)} was added`)
  }
  return faults
}

/**
 * Whether a foreign object acts on the log's tables. SQLite obeys the text of a trigger or an index, in any spelling,
 * whatever the other columns say, and identifies a table by its first page.
 */
function touchesLog(
  { name, type, table, sql, rootpage }: SchemaObject,
  expected: readonly SchemaObject[],
  pages: ReadonlySet<number>,
): boolean {
  if (expected.some(own => own.name === lower(name) || own.name === lower(table))) return true
  if (rootpage && pages.has(rootpage)) return true
  return (type === 'trigger' || type === 'index') && lower(sql).includes('audit_log')
}

function isAlike(a: SchemaObject, b: SchemaObject): boolean {
  return a.name === b.name && a.type === b.type && a.table === b.table && a.sql === b.sql
}

interface SchemaObject {
  readonly name: string
  readonly type: string
  readonly table: string
  readonly sql: string | null
  readonly rootpage: number | null
}

function objectsOf(database: ReadableDatabase): readonly SchemaObject[] {
  const text = 'SELECT name, type, tbl_name AS "table", sql, rootpage FROM sqlite_schema'
  return database.prepare<[], SchemaObject>(text).all()
}

/** SQLite compares names without the case of ASCII letters. */
function lower(text: unknown): string {
  return String(text).replace(/[A-Z]/g, letter => letter.toLowerCase())
}

function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 100))
}
