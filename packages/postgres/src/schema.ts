/** The version of the tables, in `audit.format`. A newer one is refused. */
export const FORMAT_VERSION = 1

/** `AUDT`: what those who migrate wait for. */
const MIGRATION_LOCK = 0x41554454

/** The oldest server that has all that is used here: PostgreSQL 14. */
export const OLDEST_SERVER = 140_000

/** How long a writer waits for the others of its log. */
const LOCK_TIMEOUT = '30s'

const DIGITS = (count: number) => `[0-9]{${count}}`
const CANONICAL_TIMESTAMP = `^${DIGITS(4)}-${DIGITS(2)}-${DIGITS(2)}T${DIGITS(2)}:${DIGITS(2)}:${DIGITS(2)}\\.${DIGITS(3)}Z$`

/** The characters of a user or model that stand in an index, which cannot hold long ones (PostgreSQL, section 65.1.4.1). */
export const INDEXED_CHARACTERS = 200

/** Triggers by the table that they guard. */
export const TRIGGERS = {
  entries: ['entries_append_only', 'entries_not_truncated', 'entries_in_turn'],
  subtrees: ['subtrees_append_only', 'subtrees_not_truncated'],
  logs: ['logs_append_only', 'logs_not_truncated'],
} as const

// Texts are compared by their bytes, whatever the collation of the database.
const TABLES = `
CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE IF NOT EXISTS audit.format (version integer PRIMARY KEY);

-- One row a log, never changed. Who appends locks it, and so the writers of a log take turns.
CREATE TABLE IF NOT EXISTS audit.logs (log text COLLATE "C" PRIMARY KEY);

CREATE TABLE IF NOT EXISTS audit.entries (
  log text COLLATE "C" NOT NULL,
  index bigint NOT NULL CHECK (index >= 0),
  entry_id text COLLATE "C" NOT NULL,
  timestamp text COLLATE "C" NOT NULL CHECK (timestamp ~ '${CANONICAL_TIMESTAMP}'),
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

CREATE TABLE IF NOT EXISTS audit.subtrees (
  log text COLLATE "C" NOT NULL,
  level integer NOT NULL CHECK (level > 0),
  place bigint NOT NULL CHECK (place >= 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (log, level, place)
);
`

const GUARDS = `
CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AU001';
END
$body$;

-- After the statement, once for all its rows: they go on where the log ended.
CREATE OR REPLACE FUNCTION audit.refuse_out_of_turn() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  batch record;
BEGIN
  FOR batch IN SELECT log, min(index) AS first, max(index) AS last, count(*) AS length FROM inserted GROUP BY log LOOP
    IF batch.last - batch.first + 1 <> batch.length
      OR batch.last <> (SELECT max(index) FROM audit.entries WHERE log = batch.log)
      OR (batch.first > 0 AND NOT EXISTS (SELECT FROM audit.entries WHERE log = batch.log AND index = batch.first - 1))
    THEN
      RAISE EXCEPTION 'the audit log is append-only: an entry gets the next index' USING ERRCODE = 'AU001';
    END IF;
  END LOOP;
  RETURN NULL;
END
$body$;
${Object.keys(TRIGGERS)
  .map(
    table => `
CREATE OR REPLACE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON audit.${table}
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE OR REPLACE TRIGGER ${table}_not_truncated BEFORE TRUNCATE ON audit.${table}
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();`,
  )
  .join('')}
CREATE OR REPLACE TRIGGER entries_in_turn AFTER INSERT ON audit.entries
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_out_of_turn();
`

// One function, thus one round trip a batch. It runs with the rights of its owner, so that the application needs none
// to insert, nor to lock. Each statement in it sees what was committed before it began: the next index is looked for
// after the lock was given, and not before.
const APPEND = `
CREATE OR REPLACE FUNCTION audit.append(
  p_log text, p_is_repeated boolean, p_entry_ids text[], p_timestamps text[], p_users text[], p_models text[],
  p_costs double precision[], p_latencies double precision[], p_hashes bytea, p_metadata text[], p_inputs text[],
  p_outputs text[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '${LOCK_TIMEOUT}' AS $body$
DECLARE
  first bigint;
BEGIN
  PERFORM FROM audit.logs WHERE log = p_log FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no log of this name' USING ERRCODE = 'AU002';
  END IF;
  -- What is acknowledged survives a crash, also where the database was told to be less careful.
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  -- A batch whose outcome was unknown is looked for: the ids of a batch are all there, or none.
  IF p_is_repeated THEN
    SELECT index INTO first FROM audit.entries WHERE log = p_log AND entry_id = p_entry_ids[1];
    IF FOUND THEN
      RETURN first;
    END IF;
  END IF;
  SELECT coalesce(max(index) + 1, 0) INTO first FROM audit.entries WHERE log = p_log;
  INSERT INTO audit.entries
    SELECT p_log, first + n - 1, entry_id, "timestamp", "user", model, cost_usd, latency_ms,
      substr(p_hashes, (n::integer - 1) * 32 + 1, 32), metadata, input_text, output_text
    FROM unnest(p_entry_ids, p_timestamps, p_users, p_models, p_costs, p_latencies, p_metadata, p_inputs, p_outputs)
      WITH ORDINALITY AS t(entry_id, "timestamp", "user", model, cost_usd, latency_ms, metadata, input_text, output_text, n)
    ORDER BY n;
  RETURN first;
END
$body$;
REVOKE ALL ON FUNCTION audit.append FROM PUBLIC;
`

const VERSION = `
INSERT INTO audit.format VALUES (${FORMAT_VERSION}) ON CONFLICT DO NOTHING;
`

/**
 * The SQL that creates the schema `audit` and one log in it, for those whose database is run by others. Running it
 * again is fine, and so is running it for another log.
 *
 * @param log the name of the log.
 */
export function migrationSql(log: string): string {
  return `BEGIN;
-- One at a time, where several processes migrate at once.
SELECT pg_advisory_xact_lock(${MIGRATION_LOCK});
${TABLES}${GUARDS}${APPEND}${VERSION}
INSERT INTO audit.logs VALUES ('${log.replaceAll("'", "''")}') ON CONFLICT DO NOTHING;
COMMIT;
`
}
