import { lastIndexSql } from './last-index.ts'
import { IN_INDEX_ORDER } from './read-function.ts'

/** SQLSTATE of what the guards refuse. */
const REFUSED = 'AU001'

const REFUSE_CHANGE = `
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '${REFUSED}';
END
`

// After the statement, once for all its rows: they go on where the log ended.
const REFUSE_OUT_OF_TURN = `
DECLARE
  batch record;
BEGIN
  FOR batch IN SELECT log, min(index) AS first, max(index) AS last, count(*) AS length FROM inserted GROUP BY log LOOP
    IF batch.last - batch.first + 1 <> batch.length
      OR batch.last <> (${lastIndexSql('batch.log')})
      OR batch.first > 0 AND batch.first - 1 IS DISTINCT FROM (${lastIndexSql('batch.log', 'batch.first - 1')})
    THEN
      RAISE EXCEPTION 'the audit log is append-only: an entry gets the next index' USING ERRCODE = '${REFUSED}';
    END IF;
  END LOOP;
  RETURN NULL;
END
`

/** The functions of the triggers, by name: their source, as PostgreSQL keeps it. */
export const GUARD_SOURCES: Readonly<Record<string, string>> = {
  refuse_change: REFUSE_CHANGE,
  refuse_out_of_turn: REFUSE_OUT_OF_TURN,
}

/** The tables that only grow, and the triggers that see to it. */
export const GUARDED: Readonly<Record<string, readonly string[]>> = {
  entries: ['entries_append_only', 'entries_not_truncated', 'entries_in_turn'],
  subtrees: ['subtrees_append_only', 'subtrees_not_truncated'],
  logs: ['logs_append_only', 'logs_not_truncated'],
}

/** Creates the functions and the triggers. `ALWAYS`: also in sessions that replay what was done elsewhere. */
export const GUARDS = `${Object.entries(GUARD_SOURCES)
  .map(
    ([name, source]) => `
CREATE OR REPLACE FUNCTION audit.${name}() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp ${IN_INDEX_ORDER} AS $body$${source}$body$;
`,
  )
  .join('')}${Object.keys(GUARDED)
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
${Object.entries(GUARDED)
  .flatMap(([table, triggers]) =>
    triggers.map(trigger => `ALTER TABLE audit.${table} ENABLE ALWAYS TRIGGER ${trigger};\n`),
  )
  .join('')}`
