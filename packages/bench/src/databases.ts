import { randomUUID } from 'node:crypto'
import { serverUrl } from '@audit/harness'
import { migrationSql } from '@audit/postgres'
import pg from 'pg'
import type { Workplace } from './workplace.ts'

/** The log of a place: the one that a backend takes by itself. */
const LOG = 'default'

/** Places are databases of the server, by their name, each with an empty log of `@audit/postgres`. */
export const inDatabases: Workplace = async measure => {
  const names: string[] = []
  try {
    await measure(async () => {
      const name = `bench ${randomUUID()}`
      await run(serverUrl().href, `CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      names.push(name)
      await run(urlOf(name), migrationSql(LOG))
      return name
    })
  } finally {
    for (const name of names) {
      await pools.get(name)?.end()
      // By force, since the processes of a measurement that failed may still be there.
      await run(serverUrl().href, `DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`)
    }
  }
}

const pools = new Map<string, pg.Pool>()

/** The pool that this process has for a database: one, as an application has. It ends with the process. */
export function poolOn(database: string): pg.Pool {
  const known = pools.get(database)
  if (known) return known
  const pool = new pg.Pool({ connectionString: urlOf(database) })
  pool.on('error', () => {}) // an idle connection is ended with its database
  pools.set(database, pool)
  return pool
}

function urlOf(database: string): string {
  const url = serverUrl()
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

async function run(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
