import { lastIndexSql } from './last-index-sql.ts'
import { IN_INDEX_ORDER, REFUSE_OTHER_ENCODING } from './read-function.ts'
import { SAFE_PATH, type SqlFunction } from './sql-function.ts'
import { NO_SUCH_LOG, SWALLOWED } from './sql-states.ts'

/** How long a writer waits for the others of its log. */
const LOCK_TIMEOUT = 'lock_timeout=30s'

const LOCK_LOG = `
BEGIN
  PERFORM FROM audit.logs WHERE log = p_log AND key = p_key FOR UPDATE;
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
  ${REFUSE_OTHER_ENCODING}
  -- What is acknowledged survives a crash, also where the database was told to be less careful.
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM audit.lock_log(log, key) FROM audit.logs WHERE log = p_log;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no log of this name' USING ERRCODE = '${NO_SUCH_LOG}';
  END IF;
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
  INSERT INTO audit.entries (log, index, entry_id, "timestamp", "user", model, cost_usd, latency_ms, leaf_hash, metadata,
      input_text, output_text)
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

/**
 * Locks a log. PostgreSQL requires UPDATE permission to lock a row, so the function runs with the rights of its owner, and
 * the application needs only SELECT and INSERT. The owner sees all logs and cannot know which ones its caller sees. So the
 * function requires the log's key, which only roles that may read the log's row know.
 */
const LOCK_LOG_FUNCTION: SqlFunction = {
  name: 'lock_log',
  parameters: [
    ['p_log', 'text'],
    ['p_key', 'uuid'],
  ],
  returns: 'void',
  isSecurityDefiner: true,
  settings: [SAFE_PATH],
  source: LOCK_LOG,
}

/**
 * Stores a batch in one function, and so in one round trip. Each statement sees what was committed before it began, so the
 * next index is read after the lock was obtained, and not before.
 */
const APPEND_FUNCTION: SqlFunction = {
  name: 'append',
  parameters: [
    ['p_log', 'text'],
    ['p_is_repeated', 'boolean'],
    ['p_entry_ids', 'text[]'],
    ['p_timestamps', 'timestamp with time zone[]'],
    ['p_users', 'text[]'],
    ['p_models', 'text[]'],
    ['p_costs', 'double precision[]'],
    ['p_latencies', 'double precision[]'],
    ['p_hashes', 'bytea'],
    ['p_metadata', 'text[]'],
    ['p_inputs', 'text[]'],
    ['p_outputs', 'text[]'],
  ],
  returns: 'bigint',
  settings: [SAFE_PATH, ...IN_INDEX_ORDER, LOCK_TIMEOUT],
  source: APPEND,
}

/** The functions that store a batch. */
export const APPEND_FUNCTIONS: readonly SqlFunction[] = [LOCK_LOG_FUNCTION, APPEND_FUNCTION]
