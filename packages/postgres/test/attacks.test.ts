import { AuditLog, createSigner, generateKey } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { expect, onTestFinished, test } from 'vitest'
import { input, newDatabase, newName, pool } from './place.ts'

const signer = createSigner(generateKey('example.com/log').privateKey)

/** A log of 300 entries and its checkpoint. */
async function filled() {
  const name = newName()
  const backend = new PostgresBackend({ pool, log: name })
  await backend.migrate()
  const log = new AuditLog({ backend, signer })
  onTestFinished(() => log.close())
  await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
  return { log, name, checkpoint: await log.checkpoint() }
}

/** What a superuser can do: without triggers, in a session of their own. */
async function attack(name: string, ...statements: readonly string[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SET LOCAL session_replication_role = replica') // triggers do not fire
    for (const statement of statements) await client.query(statement, [name])
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

const FORGED = "decode(repeat('ab', 32), 'hex')"

test.each([
  [
    'a text changed',
    'entry-changed',
    [`UPDATE audit.entries SET output_text = 'No.' WHERE log = $1 AND index = 7`],
  ],
  [
    'a user changed',
    'entry-changed',
    [`UPDATE audit.entries SET "user" = 'bob' WHERE log = $1 AND index = 7`],
  ],
  ['a cost changed', 'entry-changed', ['UPDATE audit.entries SET cost_usd = 1 WHERE log = $1 AND index = 7']],
  [
    'a leaf hash forged',
    'entry-changed',
    [`UPDATE audit.entries SET leaf_hash = ${FORGED} WHERE log = $1 AND index = 7`],
  ],
  ['an entry deleted', 'entry-missing', ['DELETE FROM audit.entries WHERE log = $1 AND index = 7']],
  ['the end deleted', 'tail-missing', ['DELETE FROM audit.entries WHERE log = $1 AND index >= 290']],
  ['a subtree root forged', 'subtree-forged', [`UPDATE audit.subtrees SET root = ${FORGED} WHERE log = $1`]],
])('%s is found: %s', async (_, kind, statements) => {
  const { log, name, checkpoint } = await filled()
  expect(await log.verify({ checkpoint })).toMatchObject({ ok: true, findings: [] })
  await attack(name, ...statements)
  const { ok, findings } = await log.verify({ checkpoint })
  expect(ok).toBe(false)
  expect(findings.map(finding => finding.kind)).toContain(kind)
})

test('a trigger that is disabled, or gone, is found', async () => {
  const own = await newDatabase()
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  const log = new AuditLog({ backend })
  await log.record(input())
  expect((await log.verify()).findings).toEqual([])
  await own.query('ALTER TABLE audit.entries DISABLE TRIGGER entries_append_only')
  await own.query('DROP TRIGGER subtrees_not_truncated ON audit.subtrees')
  const { findings } = await log.verify()
  expect(findings.map(({ kind }) => kind)).toEqual(['damaged', 'damaged'])
  await log.close()
})
