import { lastIndexSql } from './last-index-sql.ts'
import { IN_INDEX_ORDER } from './read-function.ts'
import { REFUSE_FALSE_ROOT_FUNCTION } from './root-guard.ts'
import { ROW_GUARD_FUNCTIONS } from './row-guard.ts'
import { SAFE_PATH, type SqlFunction } from './sql-function.ts'
import { REFUSED } from './sql-states.ts'

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

const guard = (name: string, source: string): SqlFunction => ({
  name,
  parameters: [],
  returns: 'trigger',
  settings: [SAFE_PATH, ...IN_INDEX_ORDER],
  source,
})

/** The trigger functions, and the functions that they call. */
export const GUARD_FUNCTIONS: readonly SqlFunction[] = [
  guard('refuse_change', REFUSE_CHANGE),
  guard('refuse_out_of_turn', REFUSE_OUT_OF_TURN),
  ...ROW_GUARD_FUNCTIONS,
  REFUSE_FALSE_ROOT_FUNCTION,
]

/** When a trigger fires, as the bits of `tgtype` (PostgreSQL, `catalog/pg_trigger.h`). */
const EVENTS = {
  change: { sql: 'BEFORE UPDATE OR DELETE', each: 'ROW', bits: 1 + 2 + 8 + 16 },
  truncate: { sql: 'BEFORE TRUNCATE', each: 'STATEMENT', bits: 2 + 32 },
  insert: { sql: 'AFTER INSERT', each: 'STATEMENT', bits: 4 },
} as const

/** A trigger that ensures that a table only grows. */
export interface Guard {
  readonly name: string
  readonly table: string
  readonly event: keyof typeof EVENTS
  readonly function: string
}

const GROWING = ['entries', 'subtrees', 'logs']

/** The triggers. */
export const GUARDS: readonly Guard[] = [
  ...GROWING.flatMap((table): Guard[] => [
    { name: `${table}_append_only`, table, event: 'change', function: 'refuse_change' },
    { name: `${table}_not_truncated`, table, event: 'truncate', function: 'refuse_change' },
  ]),
  { name: 'entries_in_turn', table: 'entries', event: 'insert', function: 'refuse_out_of_turn' },
  { name: 'entries_readable', table: 'entries', event: 'insert', function: 'refuse_unreadable' },
  { name: 'subtrees_true', table: 'subtrees', event: 'insert', function: 'refuse_false_root' },
]

/** The `tgtype` of a guard in `pg_trigger`. */
export function triggerBits({ event }: Guard): number {
  return EVENTS[event].bits
}

/** The statements that create or replace the triggers. `ALWAYS`: also in replication sessions. */
export const CREATE_GUARDS = GUARDS.map(({ name, table, event, function: called }) => {
  const { sql, each } = EVENTS[event]
  const inserted = event === 'insert' ? 'REFERENCING NEW TABLE AS inserted ' : ''
  return `
CREATE OR REPLACE TRIGGER ${name} ${sql} ON audit.${table}
  ${inserted}FOR EACH ${each} EXECUTE FUNCTION audit.${called}();
ALTER TABLE audit.${table} ENABLE ALWAYS TRIGGER ${name};
`
}).join('')
