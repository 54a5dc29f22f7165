import { PostgresServer } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import { testBackend } from '@audit/testkit'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { lastingPool, newPool, placeIn } from './place.ts'
import { readmeSql } from './readme-sql.ts'

describe('PostgreSQL 14, the oldest that is supported', () => {
  let server: PostgresServer
  let pool: pg.Pool
  beforeAll(async () => {
    server = await PostgresServer.start({ version: 14 })
    pool = lastingPool({ connectionString: server.url })
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })

  testBackend({ describe, it, create: () => placeIn(pool) })
})

test('on PostgreSQL 14, verify finds nothing in an unchanged log, and finds changes', async () => {
  const server = await PostgresServer.start({ version: 14 })
  onTestFinished(() => server.stop())
  const pool = newPool({ connectionString: server.url })
  const backend = new PostgresBackend({ pool })
  await backend.migrate()
  await backend.open()
  expect(await backend.inspect()).toEqual([])
  await pool.query(`${readmeSql('roles.sql')}; ${readmeSql('one-log-a-role.sql')}`)
  expect(await backend.inspect()).toEqual([])
  await pool.query('ALTER FUNCTION audit.append SET synchronous_commit = off')
  expect(await backend.inspect()).toMatchObject([{ kind: 'damaged' }])
  await backend.migrate()
  await backend.close()
})

test('PostgreSQL 13 is too old, and left as it is', async () => {
  const server = await PostgresServer.start({ version: 13 })
  const pool = newPool({ connectionString: server.url })
  const backend = new PostgresBackend({ pool })
  await expect(backend.open()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await expect(backend.migrate()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect((await pool.query(`SELECT to_regnamespace('audit') AS found`)).rows).toEqual([{ found: null }])
  await pool.query('SELECT 1')
  await server.stop()
})
