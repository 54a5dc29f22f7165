import pg from 'pg'
import { APPEND_FUNCTION } from './append-function.ts'
import { GUARDS } from './guards.ts'
import { READ_FUNCTION } from './read-function.ts'

/** The version of the tables, in `audit.format`. A newer one is refused. */
export const FORMAT_VERSION = 1

/** SQLSTATE of the refusal to migrate tables of a newer version. */
export const NEWER_FORMAT = 'AU003'

/** `AUDT`: what those who migrate wait for. */
const MIGRATION_LOCK = 0x41554454

/** The characters of a user or a model that stand in an index: PostgreSQL takes no key beyond 2,704 bytes there. */
export const INDEXED_CHARACTERS = 200

// Texts are compared by their bytes, whatever the collation of the database. What is long comes last.
const TABLES = `
-- One row a log, never changed. Who appends locks it, and so the writers of a log take turns.
CREATE TABLE IF NOT EXISTS audit.logs (log text COLLATE "C" PRIMARY KEY);

CREATE TABLE IF NOT EXISTS audit.entries (
  log text COLLATE "C" NOT NULL,
  index bigint NOT NULL CHECK (index >= 0),
  entry_id text COLLATE "C" NOT NULL,
  timestamp timestamptz(3) NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  cost_usd double precision,
  latency_ms double precision,
  leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  metadata text COLLATE "C" NOT NULL,
  input_text text COLLATE "C" NOT NULL,
  output_text text COLLATE "C" NOT NULL,
  PRIMARY KEY (log, index),
  UNIQUE (log, entry_id)
);
CREATE INDEX IF NOT EXISTS entries_by_time ON audit.entries (log, timestamp, index);
CREATE INDEX IF NOT EXISTS entries_by_user ON audit.entries (log, left("user", ${INDEXED_CHARACTERS}), timestamp, index);
CREATE INDEX IF NOT EXISTS entries_by_model ON audit.entries (log, left(model, ${INDEXED_CHARACTERS}), timestamp, index);
CREATE INDEX IF NOT EXISTS entries_by_user_and_model ON audit.entries
  (log, left("user", ${INDEXED_CHARACTERS}), left(model, ${INDEXED_CHARACTERS}), timestamp, index);

-- Roots of complete subtrees of 256, 65,536, … entries of the Merkle tree, which anyone can compute anew.
CREATE TABLE IF NOT EXISTS audit.subtrees (
  log text COLLATE "C" NOT NULL,
  level integer NOT NULL CHECK (level > 0),
  place bigint NOT NULL CHECK (place >= 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (log, level, place)
);
`

const VERSION = `
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE IF NOT EXISTS audit.format (version integer PRIMARY KEY);
DO $body$
BEGIN
  IF (SELECT max(version) FROM audit.format) > ${FORMAT_VERSION} THEN
    RAISE EXCEPTION 'the tables have a newer version than ${FORMAT_VERSION}' USING ERRCODE = '${NEWER_FORMAT}';
  END IF;
END
$body$;
INSERT INTO audit.format VALUES (${FORMAT_VERSION}) ON CONFLICT DO NOTHING;
`

/**
 * The SQL that creates the schema `audit` and one log in it, for those whose database is run by others. Running it
 * again is fine, and so is running it for another log. It fails, and changes nothing, over tables of a newer version.
 *
 * @param log the name of the log.
 */
export function migrationSql(log: string): string {
  return `BEGIN;
-- One at a time, where several processes migrate at once.
SELECT pg_advisory_xact_lock(${MIGRATION_LOCK});
${VERSION}${TABLES}${GUARDS}${APPEND_FUNCTION}${READ_FUNCTION}
INSERT INTO audit.logs VALUES (${pg.escapeLiteral(log)}) ON CONFLICT DO NOTHING;
COMMIT;
`
}
