import type pg from 'pg'
import { Connection } from './connection.ts'

/** Runs statements in a transaction in which PostgreSQL refuses every change. */
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
