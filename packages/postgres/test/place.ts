import { randomUUID } from 'node:crypto'
import { AuditLog } from '@audit/core'
import { serverUrl } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { afterAll, expect, onTestFinished } from 'vitest'

/** The pool of this test file, on the server of the run. */
export const pool = lastingPool({ connectionString: serverUrl().href, max: 20 })
afterAll(() => pool.end())

/** The name of a log that nobody else has. */
export function newName(): string {
  return `log ${randomUUID()}`
}

/** A log of its own, closed when the test has finished. */
export async function newLog(
  own: pg.Pool = pool,
): Promise<{ readonly log: AuditLog; readonly name: string }> {
  const name = newName()
  await new PostgresBackend({ pool: own, log: name }).migrate()
  return { log: openLog(own, name), name }
}

/** A log that is there, closed when the test has finished. */
export function openLog(own: pg.Pool, name: string): AuditLog {
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }) })
  onTestFinished(() => log.close())
  return log
}

/** An entry that differs from others in its input text. */
export function input(inputText = 'question') {
  return { model: 'gpt-4o', user: 'alice', inputText, outputText: 'answer' }
}

/** A pool that is set up in another way, ended when the test has finished. */
export function newPool(config: pg.PoolConfig): pg.Pool {
  const own = lastingPool({ connectionString: serverUrl().href, ...config })
  onTestFinished(() => own.end())
  return own
}

/** A pool for more than one test. */
export function lastingPool(config: pg.PoolConfig): pg.Pool {
  const own = new pg.Pool(config)
  own.on('error', () => {}) // a connection that breaks while it is idle
  return own
}

/** Connections with settings of their own. */
export function poolWith(settings: Readonly<Record<string, string>>, config: pg.PoolConfig = {}): pg.Pool {
  const options = Object.entries(settings).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`,
  )
  return newPool({ ...config, options: options.join(' ') })
}

/** How to connect, but for what is changed. */
export function urlWith(change: (url: URL) => void): string {
  const url = serverUrl()
  change(url)
  return url.href
}

/** A database without tables, for this test alone. */
export async function newDatabase(options: DatabaseOptions = {}): Promise<pg.Pool> {
  const { pool: own, drop } = await createDatabase(options)
  onTestFinished(drop)
  return own
}

interface DatabaseOptions {
  readonly encoding?: string
  /** Of ICU; by default texts are compared by their bytes. */
  readonly locale?: string
}

/** A database without tables, until it is dropped. */
export async function createDatabase({ encoding = 'UTF8', locale }: DatabaseOptions = {}) {
  const name = `database ${randomUUID()}`
  const collation = locale === undefined ? '' : `LOCALE_PROVIDER icu ICU_LOCALE '${locale}'`
  await pool.query(
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C' ${collation}`,
  )
  const connectionString = urlWith(url => {
    url.pathname = `/${encodeURIComponent(name)}`
  })
  const own = lastingPool({ connectionString })
  const drop = async () => {
    await own.end()
    await pool.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`)
  }
  return { pool: own, connectionString, drop }
}

/** Every entry is there once, in places without gaps, and nothing is found. */
export async function expectOnce(own: pg.Pool, name: string, texts: readonly string[]): Promise<void> {
  const log = openLog(own, name)
  const entries = await Array.fromAsync(log.entries())
  expect(entries.map(({ index }) => index)).toEqual(texts.map((_, i) => i))
  expect(entries.map(({ inputText }) => inputText).toSorted()).toEqual(texts.toSorted())
  expect((await log.verify()).findings).toEqual([])
}

/** A place whose cases may name keys. An index holds the entries of every log, so they need a database of their own. */
export function indexedPlaceIn(own: pg.Pool) {
  const log = newName()
  let migrated: Promise<void> | undefined
  class MigratingBackend extends PostgresBackend {
    override async open(): Promise<void> {
      migrated ??= new PostgresBackend({ pool: own, log }).migrate()
      await migrated
      await super.open()
    }
  }
  return {
    open: () => new MigratingBackend({ pool: own, log }),
    openIndexed: (metadataIndexes: readonly string[]) =>
      new MigratingBackend({ pool: own, log, metadataIndexes }),
    openReadOnly: () => new PostgresBackend({ pool: own, log, readOnly: true }),
    teardown: () => {},
  }
}

/** A place for the kit: nothing is there before an instance that may write is opened for the first time. */
export function placeIn(own: pg.Pool) {
  const { openIndexed: _, ...place } = indexedPlaceIn(own)
  return place
}
