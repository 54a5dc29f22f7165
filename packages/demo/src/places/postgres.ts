import type { AuditEntry } from '@audit/core'
import { provideServer } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { DemoError } from '../demo-error.ts'
import type { DemoOptions } from '../options.ts'
import type { Place } from '../place.ts'
import { showRefusedStatements } from '../refusal.ts'
import { quoted } from './file.ts'

/** A log in PostgreSQL: on the server that AUDIT_POSTGRES_URL points to, or on one that ends with the demo. */
export async function placeInPostgres({ log }: DemoOptions): Promise<Place> {
  const server = await provideServer().catch(refuse)
  try {
    const backend = new PostgresBackend({ connectionString: server.url, log })
    await backend.migrate()
    return {
      backend,
      showBypass: entry => showBypass(server.url, log, entry),
      view: { args: ['postgres://', '--log', log], env: { AUDIT_POSTGRES_URL: server.url } },
      showWhereabouts: () =>
        server.url === process.env.AUDIT_POSTGRES_URL ? showDatabase(log) : showServer(),
      end: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function refuse(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new DemoError(`There is no PostgreSQL server to record into: ${reason}`, { cause })
}

async function showBypass(connectionString: string, log: string, { index }: AuditEntry): Promise<void> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {}) // a connection that breaks fails the next statement, too
  await client.connect()
  const entry = `log = ${pg.escapeLiteral(log)} AND index = ${index}`
  const statements = [
    `UPDATE audit.entries SET "user" = 'me' WHERE ${entry}`,
    `DELETE FROM audit.entries WHERE ${entry}`,
    'TRUNCATE audit.entries',
    `INSERT INTO audit.entries SELECT * FROM audit.entries
    WHERE ${entry}
    ON CONFLICT (log, index) DO UPDATE SET "user" = 'me'`,
  ]
  try {
    await showRefusedStatements(await connectionOf(client), statements, sql => tryOut(client, sql))
  } finally {
    await client.end()
  }
}

async function connectionOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string; power: string }>(
    "SELECT current_user AS name, current_setting('is_superuser') AS power",
  )
  const [user] = rows
  return `a raw PostgreSQL connection, as ${user?.power === 'on' ? 'superuser' : 'user'} ${user?.name}`
}

/** The log may be somebody's: what is not refused, although it should be, is undone. */
async function tryOut(client: pg.Client, sql: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
  } finally {
    await client.query('ROLLBACK')
  }
}

function showServer(): void {
  console.log('The log was on a server that ran for this demo, and is gone with it.')
  console.log('To keep one, record into a database of yours:')
  console.log('  export AUDIT_POSTGRES_URL=postgres://user:password@host:port/database')
  console.log('  npm run demo -- --backend postgres')
}

/** The command takes the password from where it is, and prints none. */
function showDatabase(log: string): void {
  const sql = `SELECT index, model FROM audit.entries WHERE log = ${pg.escapeLiteral(log)}`
  console.log(`The log is in your database, under the name ${log}.`)
  console.log(`Look into it, for example with:\n  psql "$AUDIT_POSTGRES_URL" \\\n    -c ${quoted(sql)}`)
  console.log(`Go on with it:\n  npm run demo -- --backend postgres --log ${quoted(log)}`)
}
