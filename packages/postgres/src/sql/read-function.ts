import { SAFE_PATH, type SqlFunction } from './sql-function.ts'
import { OTHER_ENCODING } from './sql-states.ts'

/**
 * The settings that make the planner use the index with the requested order. Without them, if it has no statistics or old
 * ones, or keeps a plan from when the table was small, it reads a whole log and sorts it.
 */
export const IN_INDEX_ORDER = [
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_sort=off',
  'enable_incremental_sort=off',
] as const

/** `pg` writes and reads UTF-8, whatever the session's encoding is. Each call checks it, because a pool's sessions may differ. */
export const REFUSE_OTHER_ENCODING = `IF pg_client_encoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'the session has the client_encoding %, and must have UTF8', pg_client_encoding()
      USING ERRCODE = '${OTHER_ENCODING}';
  END IF;`

const READ = `
BEGIN
  ${REFUSE_OTHER_ENCODING}
  RETURN QUERY EXECUTE p_query USING p_values;
END
`

/**
 * Runs a query in index order. It has only its caller's rights, and because it is STABLE, PostgreSQL refuses every
 * statement that changes anything. It converts numbers to texts exactly.
 */
export const READ_FUNCTION: SqlFunction = {
  name: 'read',
  parameters: [
    ['p_query', 'text'],
    ['p_values', 'text[]'],
  ],
  returns: 'SETOF record',
  volatility: 'STABLE',
  settings: [SAFE_PATH, ...IN_INDEX_ORDER, 'extra_float_digits=1'],
  source: READ,
}
