import type { Finding } from '@audit/core'
import type pg from 'pg'
import { APPEND_SOURCES } from './append-function.ts'
import { GUARD_SOURCES, GUARDED } from './guards.ts'
import { READ_SOURCES } from './read-function.ts'
import { rowsOf } from './statement.ts'

/** How many faults of one kind are told of. */
const MAX_FAULTS = 100

/** What no reading by place can see: guards that are gone, disabled or changed, and rows before the first place. */
export async function inspect(pool: pg.Pool, log: string): Promise<Finding[]> {
  return [
    ...(await triggerFaults(pool)).map(damaged),
    ...(await functionFaults(pool)).map(damaged),
    ...(await tableFaults(pool)).map(damaged),
    ...(await rowsBeforeTheFirst(pool, log)),
  ]
}

async function triggerFaults(pool: pg.Pool): Promise<string[]> {
  const rows = await rowsOf<{ name: string; table: string; enabled: string; function: string }>(pool, {
    text: `SELECT tgname AS name, relname AS table, tgenabled AS enabled, proname AS function
      FROM pg_catalog.pg_trigger
      JOIN pg_catalog.pg_class ON pg_class.oid = tgrelid
      JOIN pg_catalog.pg_proc ON pg_proc.oid = tgfoid
      WHERE relnamespace = to_regnamespace('audit') AND NOT tgisinternal`,
    values: [],
  })
  const expected = Object.values(GUARDED).flat()
  const working = rows.filter(row => row.enabled === 'A' && Object.hasOwn(GUARD_SOURCES, row.function))
  const missing = expected.filter(name => !working.some(row => row.name === name))
  const added = rows.filter(({ table, name }) => Object.hasOwn(GUARDED, table) && !expected.includes(name))
  return [
    ...missing.map(name => `the trigger ${name} is missing, disabled or changed`),
    ...added.map(({ name, table }) => `the trigger ${name} was added to ${table}`),
  ]
}

async function functionFaults(pool: pg.Pool): Promise<string[]> {
  const rows = await rowsOf<{ name: string; source: string }>(pool, {
    text: `SELECT proname AS name, prosrc AS source FROM pg_catalog.pg_proc
      WHERE pronamespace = to_regnamespace('audit')`,
    values: [],
  })
  return Object.entries({ ...GUARD_SOURCES, ...APPEND_SOURCES, ...READ_SOURCES })
    .filter(([name, source]) => !rows.some(row => row.name === name && row.source === source))
    .map(([name]) => `the function audit.${name} is missing or changed`)
}

/** A rule puts something else in the place of a statement, and a crash empties an unlogged table. */
async function tableFaults(pool: pg.Pool): Promise<string[]> {
  const rows = await rowsOf<{ name: string; unlogged: string; rules: string }>(pool, {
    text: `SELECT relname AS name, relpersistence <> 'p' AS unlogged, EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = pg_class.oid) AS rules
      FROM pg_catalog.pg_class
      WHERE relnamespace = to_regnamespace('audit') AND relkind IN ('r', 'p')`,
    values: [],
  })
  return rows.flatMap(({ name, unlogged, rules }) => [
    ...(unlogged === 't' ? [`the table ${name} is unlogged, and does not survive a crash`] : []),
    ...(rules === 't' ? [`the table ${name} has a rule, which changes what statements do to it`] : []),
  ])
}

async function rowsBeforeTheFirst(pool: pg.Pool, log: string): Promise<Finding[]> {
  const rows = await rowsOf<{ index: string }>(pool, {
    text: `SELECT index FROM audit.entries WHERE log = $1 AND index < 0 ORDER BY index LIMIT ${MAX_FAULTS}`,
    values: [log],
  })
  return rows.map(row => {
    const index = Number(row.index)
    return {
      kind: 'entry-inserted',
      index,
      message: `a row has the index ${index}, which is before the first`,
    }
  })
}

function damaged(message: string): Finding {
  return { kind: 'damaged', message }
}
