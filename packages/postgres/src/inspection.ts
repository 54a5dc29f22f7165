import type { Finding } from '@audit/core'
import type pg from 'pg'
import { TRIGGERS } from './schema.ts'

/** Triggers that are missing or disabled. What they guarded shows in the entries themselves. */
export async function inspect(pool: pg.Pool): Promise<Finding[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT tgname AS name FROM pg_catalog.pg_trigger
     JOIN pg_catalog.pg_class ON pg_class.oid = tgrelid
     WHERE relnamespace = 'audit'::regnamespace AND tgenabled IN ('O', 'A')`,
  )
  const found = new Set(rows.map(({ name }) => name))
  return Object.values(TRIGGERS)
    .flat()
    .filter(name => !found.has(name))
    .map(name => ({ kind: 'damaged', message: `the trigger ${name} is missing or disabled` }))
}
