import { lastIndexSql } from './last-index.ts'
import { IN_INDEX_ORDER } from './read-function.ts'

/** SQLSTATE of an append to a log that nobody has created. */
export const NO_SUCH_LOG = 'AU002'

/** SQLSTATE of an append whose entries the database does not keep. */
const SWALLOWED = 'AU004'

/** How long a writer waits for the others of its log. */
const LOCK_TIMEOUT = '30s'

const LOCK_LOG = `
BEGIN
  PERFORM FROM audit.logs WHERE log = p_log FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no log of this name' USING ERRCODE = '${NO_SUCH_LOG}';
  END IF;
END
`

const APPEND = `
DECLARE
  first bigint;
  stored bigint;
BEGIN
  -- What is acknowledged survives a crash, also where the database was told to be less careful.
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM audit.lock_log(p_log);
  -- A batch whose outcome was unknown is looked for: the ids of a batch are all there, or none.
  IF p_is_repeated THEN
    SELECT index INTO first FROM audit.entries
      WHERE (log, entry_id) >= (p_log, p_entry_ids[1]) AND (log, entry_id) <= (p_log, p_entry_ids[1])
      ORDER BY log, entry_id LIMIT 1;
    IF FOUND THEN
      RETURN first;
    END IF;
  END IF;
  first := coalesce((${lastIndexSql('p_log')}) + 1, 0);
  INSERT INTO audit.entries
    SELECT p_log, first + n - 1, entry_id, "timestamp", "user", model, cost_usd, latency_ms,
      substr(p_hashes, (n::integer - 1) * 32 + 1, 32), metadata, input_text, output_text
    FROM unnest(p_entry_ids, p_timestamps, p_users, p_models, p_costs, p_latencies, p_metadata, p_inputs, p_outputs)
      WITH ORDINALITY AS t(entry_id, "timestamp", "user", model, cost_usd, latency_ms, metadata, input_text, output_text, n);
  GET DIAGNOSTICS stored = ROW_COUNT;
  IF stored <> cardinality(p_entry_ids) THEN
    RAISE EXCEPTION 'a trigger or a rule on audit.entries keeps entries from being stored' USING ERRCODE = '${SWALLOWED}';
  END IF;
  RETURN first;
END
`

/** What `audit.append` and its part are made of, by name: their source, as PostgreSQL keeps it. */
export const APPEND_SOURCES: Readonly<Record<string, string>> = { lock_log: LOCK_LOG, append: APPEND }

/**
 * Creates `audit.append`, which stores a batch: one function, thus one round trip. Each statement in it sees what was
 * committed before it began, so the next index is looked for after the lock was given, and not before.
 *
 * PostgreSQL lets only those lock a row who may update it, so `audit.lock_log` does it with the rights of its owner: the
 * application needs nothing but SELECT and INSERT.
 */
export const APPEND_FUNCTION = `
CREATE OR REPLACE FUNCTION audit.lock_log(p_log text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $body$${LOCK_LOG}$body$;

CREATE OR REPLACE FUNCTION audit.append(
  p_log text, p_is_repeated boolean, p_entry_ids text[], p_timestamps timestamptz[], p_users text[], p_models text[],
  p_costs double precision[], p_latencies double precision[], p_hashes bytea, p_metadata text[], p_inputs text[],
  p_outputs text[]
) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp ${IN_INDEX_ORDER} SET lock_timeout = '${LOCK_TIMEOUT}' AS $body$${APPEND}$body$;

REVOKE ALL ON FUNCTION audit.lock_log, audit.append FROM PUBLIC;
`
