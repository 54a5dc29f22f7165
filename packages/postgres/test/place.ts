import { randomUUID } from 'node:crypto'
import { AuditLog } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { afterAll, inject, onTestFinished } from 'vitest'

/** The pool of this test file, on the server of the run. */
export const pool = new pg.Pool({ connectionString: inject('url'), max: 20 })
afterAll(() => pool.end())

/** The name of a log that nobody else has. */
export function newName(): string {
  return `log ${randomUUID()}`
}

/** A log of its own, closed when the test has finished. */
export async function newLog(): Promise<{ readonly log: AuditLog; readonly name: string }> {
  const name = newName()
  const backend = new PostgresBackend({ pool, log: name })
  await backend.migrate()
  const log = new AuditLog({ backend })
  onTestFinished(() => log.close())
  return { log, name }
}

/** An entry that differs from others in its input text. */
export function input(inputText = 'question') {
  return { model: 'gpt-4o', user: 'alice', inputText, outputText: 'answer' }
}

/** How to connect, but for what is changed. */
export function urlWith(change: (url: URL) => void): string {
  const url = new URL(inject('url'))
  change(url)
  return url.href
}

/** A database without tables, for this test alone. */
export async function newDatabase(): Promise<pg.Pool> {
  const name = `database ${randomUUID()}`
  await pool.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8'`)
  const own = new pg.Pool({
    connectionString: urlWith(url => {
      url.pathname = `/${encodeURIComponent(name)}`
    }),
  })
  onTestFinished(async () => {
    await own.end()
    await pool.query(`DROP DATABASE ${pg.escapeIdentifier(name)}`)
  })
  return own
}
