import { AuditError } from '@audit/core'
import type { Database, DatabaseConstructor } from './driver.ts'
import { unsupported } from './failure.ts'

/** `AUDT` in the header's field for it (SQLite file format, section 1.3.15). */
export const APPLICATION_ID = 0x41554454
/** The version of the format, in the header's field for it (section 1.3.12). A newer one is refused. */
export const FORMAT_VERSION = 1

/** The indexes of `audit_log`, by what they find. Each ends with the rowid, which is `"index"`. */
export const INDEXES = {
  entryId: 'audit_log_by_entry_id',
  time: 'audit_log_by_time',
  user: 'audit_log_by_user',
  model: 'audit_log_by_model',
  userAndModel: 'audit_log_by_user_and_model',
} as const

const DIGITS = (count: number) => '[0-9]'.repeat(count)
const CANONICAL_TIMESTAMP = `${DIGITS(4)}-${DIGITS(2)}-${DIGITS(2)}T${DIGITS(2)}:${DIGITS(2)}:${DIGITS(2)}.${DIGITS(3)}Z`

// What is long comes last, so that what is filtered stands in a row's first page.
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
CREATE TRIGGER audit_log_subtrees_in_turn BEFORE INSERT ON audit_log_subtrees
WHEN NEW.place IS NOT (SELECT coalesce(max(place) + 1, 0) FROM audit_log_subtrees WHERE level = NEW.level) BEGIN
  SELECT RAISE(ABORT, 'audit_log_subtrees is append-only: a root gets the next place of its level');
END;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT_VERSION};
`

/** Makes an empty database a log, if no other process has done so in the meantime. */
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
 * @throws AuditError `AUDIT_UNSUPPORTED_FORMAT` when it is something else, or a newer version's.
 */
export function formatOf(database: Database): 'empty' | 'log' {
  const { applicationId, version, schemaVersion } = marksOf(database)
  if (applicationId === APPLICATION_ID && version === FORMAT_VERSION) return 'log'
  if (applicationId === APPLICATION_ID) {
    throw unsupported(`it has format version ${version}, and this package knows ${FORMAT_VERSION}; update it`)
  }
  const wasNeverUsed = schemaVersion === 0
  if (wasNeverUsed && applicationId === 0 && version === 0) return 'empty'
  throw unsupported('it is a database of something else; give another path')
}

/** In one statement, thus from one snapshot: another process may be creating the log between two reads. */
function marksOf(database: Database): Marks {
  const marks = database
    .prepare<[], Marks>(
      `SELECT application_id AS applicationId, user_version AS version, schema_version AS schemaVersion
       FROM pragma_application_id, pragma_user_version, pragma_schema_version`,
    )
    .get()
  if (!marks) throw new Error('SQLite gave no header')
  return marks
}

interface Marks {
  readonly applicationId: number
  readonly version: number
  readonly schemaVersion: number
}

/**
 * Compares the log's tables, indexes and triggers with what they should be. Additions, such as the tables of ANALYZE, are
 * fine, but for triggers on the log's own tables.
 *
 * @throws AuditError `AUDIT_CORRUPT` when one is missing or different, for then the log is not append-only any more.
 */
export function assertSchema(Database: DatabaseConstructor, database: Database): void {
  const [fault] = schemaFaults(Database, database)
  if (fault !== undefined) {
    throw new AuditError('AUDIT_CORRUPT', `${fault} in the database: someone has tampered with the log`)
  }
}

/** How the log's tables, indexes and triggers differ from what they should be. */
export function schemaFaults(Database: DatabaseConstructor, database: Database): readonly string[] {
  const sample = new Database(':memory:')
  try {
    sample.exec(DDL)
    const expected = objectsOf(sample)
    const found = objectsOf(database)
    const faults: string[] = []
    for (const [name, { sql }] of expected) {
      if (!found.has(name)) faults.push(`${name} is missing`)
      else if (found.get(name)?.sql !== sql) faults.push(`${name} was changed`)
    }
    for (const [name, { type, table }] of found) {
      if (type === 'trigger' && expected.has(table) && !expected.has(name)) faults.push(`${name} was added`)
    }
    return faults
  } finally {
    sample.close()
  }
}

interface SchemaObject {
  readonly name: string
  readonly type: string
  readonly table: string
  readonly sql: string | null
}

function objectsOf(database: Database): ReadonlyMap<string, SchemaObject> {
  const text = 'SELECT name, type, tbl_name AS "table", sql FROM sqlite_schema'
  const objects = database.prepare<[], SchemaObject>(text).all()
  return new Map(objects.map(object => [object.name, object]))
}
