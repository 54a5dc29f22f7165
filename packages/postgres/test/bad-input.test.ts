import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { AuditLog } from '@audit/core'
import { migrationSql, PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import { expect, test } from 'vitest'
import { input, newDatabase, newName, pool, urlWith } from './place.ts'

/** An option that the types of pg do not know. */
const BINARY: object = { binary: true }
const SECRET = 'a secret that nobody may read'

test.each([
  [
    'a wrong password',
    (url: URL) => {
      url.password = SECRET
    },
  ],
  [
    'an unknown user',
    (url: URL) => {
      url.username = 'nobody'
      url.password = SECRET
    },
  ],
  [
    'an unknown database',
    (url: URL) => {
      url.pathname = '/nothing'
      url.search = `application_name=${encodeURIComponent(SECRET)}`
    },
  ],
  [
    'a server that is not there',
    (url: URL) => {
      url.port = '1'
      url.password = SECRET
    },
  ],
])('%s: AUDIT_OPEN_FAILED, and no secret in the error', async (_, change) => {
  const log = new AuditLog({ backend: new PostgresBackend({ connectionString: urlWith(change) }) })
  const error = await log.record(input()).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(inspect(error, { depth: 10 })).not.toContain(SECRET)
  expect(inspect(error, { depth: 10 })).not.toContain(encodeURIComponent(SECRET))
  await log.close()
})

test('a database without the tables, then with them', async () => {
  const own = await newDatabase()
  const log = new AuditLog({ backend: new PostgresBackend({ pool: own }) })
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await own.query(migrationSql('default'))
  await own.query(migrationSql('default'))
  expect(await log.record(input())).toMatchObject({ index: 0 })
  await log.close()
})

test('tables of a newer version are refused, and left as they are', async () => {
  const own = await newDatabase()
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  await own.query('INSERT INTO audit.format VALUES (2)')
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_UNSUPPORTED_FORMAT' })
  await backend.close()
})

test('many migrations at the same moment all succeed', async () => {
  const own = await newDatabase()
  const backends = Array.from({ length: 8 }, () => new PostgresBackend({ pool: own }))
  await Promise.all(backends.map(backend => backend.migrate()))
  await backends[0]?.open()
})

test('a log that nobody has created', async () => {
  const backend = new PostgresBackend({ pool, log: newName() })
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
})

test.each([
  "'; DROP TABLE audit.entries; --",
  '"; --',
  '$1',
  '../log',
  'ä 日本 \u{1f600}',
  'audit.entries',
  '__proto__',
  "it's",
])('a log named %j is a log like any other', async suffix => {
  const name = `${suffix} ${randomUUID()}`
  const backend = new PostgresBackend({ pool, log: name })
  await backend.migrate()
  const log = new AuditLog({ backend })
  expect(await log.record(input())).toMatchObject({ index: 0 })
  expect(await log.count()).toBe(1)
  await log.close()
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no pool', {}],
  ['two ways to connect', { pool, connectionString: 'postgres://localhost/db' }],
  ['a pool that is none', { pool: {} }],
  ['a pool whose values are binary', { pool: new pg.Pool(BINARY) }],
  ['a replica that is none', { pool, replica: 'postgres://localhost/db' }],
  ['a connection string that is none', { connectionString: `user=me password=${SECRET}` }],
  ['a misspelt option', { pool, logs: 'a' }],
  ['an empty name', { pool, log: '' }],
  ['a name with NUL', { pool, log: 'a\0' }],
  ['a name with a line end', { pool, log: 'a\nb' }],
  ['a name that is no text', { pool, log: 1 }],
  ['a name with half a character', { pool, log: 'a\ud800' }],
  ['a name that is undefined', { pool, log: undefined }],
  ['readOnly that is no boolean', { pool, readOnly: 1 }],
  ['readOnly that is undefined', { pool, readOnly: undefined }],
  ['a pool that is inherited', Object.create({ pool })],
  ['an array', [pool]],
  ['a name of 201 characters', { pool, log: 'a'.repeat(201) }],
])('%s: AUDIT_INVALID_OPTIONS', (_, options) => {
  const make = () => new PostgresBackend(options as { pool: pg.Pool }) // what the types would refuse
  expect(make).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
  expect(make).not.toThrow(SECRET)
})
