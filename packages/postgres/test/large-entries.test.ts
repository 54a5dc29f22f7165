import { spawnSync } from 'node:child_process'
import { PAGE_BYTES } from '@audit/core/backend'
import { serverUrl } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import { expect, test } from 'vitest'
import { input, newLog, newName, openLog, pool } from './place.ts'

/** Runs a program in a process with so little heap that it dies where it holds too much. */
function runWith(heap: number, log: string, program: string): string {
  const url = JSON.stringify(serverUrl().href)
  const source = `
    import { AuditLog } from '@audit/core'
    import { PostgresBackend } from '@audit/postgres'
    import pg from 'pg'
    const pool = new pg.Pool({ connectionString: ${url} })
    const backend = new PostgresBackend({ pool, log: ${JSON.stringify(log)} })
    await backend.migrate()
    const log = new AuditLog({ backend })
    const entry = { model: 'm', inputText: '', outputText: '' }
    ${program}
    await log.close()
    await pool.end()`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${heap}`, '--input-type=module', '--eval', source],
    { cwd: import.meta.dirname, encoding: 'utf8', timeout: 100_000 },
  )
  expect({ status, stderr: status === 0 ? '' : stderr.slice(-2000) }).toEqual({ status: 0, stderr: '' })
  return stdout.trim()
}

test('40 MB of JSON text in 512 MB of heap is stored, and read', async () => {
  const name = newName()
  const out = runWith(
    512,
    name,
    `const rows = Array.from({ length: 400_000 }, (_, i) => ({ i, name: 'customer "number" ' + i, note: 'some words to make it longer' }))
     const { index, inputText } = await log.record({ ...entry, inputText: JSON.stringify({ rows }) })
     const [read] = await log.query()
     console.log(index, inputText.length > 30e6, read.inputText === inputText)`,
  )
  expect(out).toBe('0 true true')
})

test('entries of 200 MB in all are verified and streamed in 180 MB of heap', async () => {
  const { name } = await newLog()
  const out = runWith(
    180,
    name,
    `const inputText = 'x'.repeat(5e6)
     for (let i = 0; i < 40; i++) await log.record({ ...entry, inputText, metadata: { session: 'a' } })
     const { ok } = await log.verify()
     let count = 0
     for await (const { inputText } of log.stream()) count += inputText.length
     for await (const { inputText } of log.stream({ metadata: { session: 'a' }, order: 'desc' })) count += inputText.length
     console.log(ok, count)`,
  )
  expect(out).toBe(`true ${2 * 40 * 5e6}`)
})

test('a page ends once it weighs 8 MiB, and says so', async () => {
  const { log, name } = await newLog()
  const half = 'x'.repeat(PAGE_BYTES / 2)
  for (let i = 0; i < 5; i++) await log.record({ ...input(half), metadata: { n: 1 } })
  const backend = new PostgresBackend({ pool, log: name })
  await backend.open()
  for (const selection of [{}, { metadata: { n: 1 } }, { user: 'alice' }]) {
    for (const order of ['asc', 'desc'] as const) {
      const page = await backend.find({ ...selection, order })
      expect(page).toHaveLength(2)
      expect(page.isPartial).toBe(true)
    }
    expect((await backend.find({ ...selection, order: 'asc', limit: 1 })).isPartial).toBeUndefined()
  }
  expect(await backend.read(0, 5)).toHaveLength(2)
  expect((await backend.read(3, 5)).length).toBeGreaterThan(0)
  expect((await backend.read(4, 5)).isPartial).toBeUndefined()
  await backend.close()
  expect(await log.query()).toHaveLength(5)
})

test('short entries end a page as well', async () => {
  const name = newName()
  const backend = new PostgresBackend({ pool, log: name })
  await backend.migrate()
  await pool.query(
    `INSERT INTO audit.entries SELECT $1, i, i::text, now(), '', '', NULL, NULL, sha256(''), '{}', '', '' FROM generate_series(0, 19999) AS i`,
    [name],
  )
  await backend.open()
  const page = await backend.read(0, 1e9)
  expect(page.isPartial).toBe(true)
  expect(page.length).toBeLessThan(20_000)
  const rest = await backend.read(page.length, 1e9)
  expect(page.length + rest.length).toBe(20_000)
  expect(await Array.fromAsync(openLog(pool, name).entries())).toHaveLength(20_000)
  await backend.close()
})
