import type pg from 'pg'
import { Connection } from './connection.ts'

/** Runs statements of which none can change anything, whatever it calls: PostgreSQL refuses it. */
export function inReadOnlyTransaction<T>(
  pool: pg.Pool,
  operation: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return Connection.use(pool, async client => {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY')
    const result = await operation(client)
    await client.query('COMMIT')
    return result
  })
}
