import { createHash } from 'node:crypto'
import { AuditLog, createSigner, createVerifier, generateKey, verifyProof } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { afterAll, expect, test } from 'vitest'
import { createDatabase, input, newName, newPool } from './place.ts'

// Stored roots are derived: the database compares each with what is stored below it.

const TILE = 256
const HASH = 32
const key = generateKey('example.com/audit')
const signer = createSigner(key.privateKey)
const verifier = createVerifier(key.publicKey)

const { pool, connectionString, drop } = await createDatabase()
afterAll(drop)

/** A log of so many entries, without the roots that it has. */
async function newLog(size: number): Promise<string> {
  const name = newName()
  await new PostgresBackend({ pool, log: name }).migrate()
  await pool.query(
    `INSERT INTO audit.entries SELECT $1, i, i::text, now(), 'alice', 'm', NULL, NULL, sha256(i::text::bytea), '{}', 'in', 'out'
     FROM generate_series(0, $2::integer - 1) AS i`,
    [name, size],
  )
  return name
}

/** The true roots of a level. */
async function rootsOf(name: string, level: number, count: number): Promise<readonly Buffer[]> {
  if (level === 0) {
    const { rows } = await pool.query<{ leaf_hash: Buffer }>(
      'SELECT leaf_hash FROM audit.entries WHERE log = $1 ORDER BY index LIMIT $2',
      [name, count],
    )
    return rows.map(row => row.leaf_hash)
  }
  const below = await rootsOf(name, level - 1, count * TILE)
  return Array.from({ length: count }, (_, i) => fold(below.slice(i * TILE, (i + 1) * TILE)))
}

function fold(hashes: readonly Buffer[]): Buffer {
  const [left, right] = [hashes.slice(0, hashes.length / 2), hashes.slice(hashes.length / 2)]
  const [only = Buffer.alloc(0)] = hashes
  if (hashes.length === 1) return only
  return createHash('sha256').update(Buffer.of(1)).update(fold(left)).update(fold(right)).digest()
}

const insert = (name: string, level: number, place: number, root: Buffer) =>
  pool.query('INSERT INTO audit.subtrees VALUES ($1, $2, $3, $4)', [name, level, place, root])
const FALSE_ROOT = { code: 'AU005' }
const NOT_IN_TURN = { code: 'AU009' }
const OTHER = Buffer.alloc(HASH, 0xab)

test('a root is taken when it is true and complete and in turn', async () => {
  const name = await newLog(3 * TILE)
  const [first = OTHER, second = OTHER, third = OTHER] = await rootsOf(name, 1, 3)
  for (const [place, root] of [
    [0, OTHER],
    [0, second],
    [3, third],
    [2 ** 40, OTHER],
  ] as const) {
    await expect(insert(name, 1, place, root), `${place}`).rejects.toMatchObject(FALSE_ROOT)
  }
  await expect(insert(name, 1, 1, second)).rejects.toMatchObject(NOT_IN_TURN)
  for (const level of [2, 3, 8, 2 ** 31 - 1]) {
    await expect(insert(name, level, 0, OTHER), `${level}`).rejects.toMatchObject(FALSE_ROOT)
  }
  await insert(name, 1, 0, first)
  await pool.query('INSERT INTO audit.subtrees VALUES ($1, 1, 1, $2), ($1, 1, 2, $3)', [name, second, third])
  await expect(insert(name, 1, 3, OTHER)).rejects.toMatchObject(FALSE_ROOT)
  const { rows } = await pool.query(
    'SELECT place::integer FROM audit.subtrees WHERE log = $1 ORDER BY place',
    [name],
  )
  expect(rows).toEqual([{ place: 0 }, { place: 1 }, { place: 2 }])
})

test('one false root among true ones: none is taken', async () => {
  const name = await newLog(3 * TILE)
  const [first = OTHER, , third = OTHER] = await rootsOf(name, 1, 3)
  const text = 'INSERT INTO audit.subtrees VALUES ($1, 1, 0, $2), ($1, 1, 1, $3), ($1, 1, 2, $4)'
  await expect(pool.query(text, [name, first, OTHER, third])).rejects.toMatchObject(FALSE_ROOT)
  expect((await pool.query('SELECT FROM audit.subtrees WHERE log = $1', [name])).rowCount).toBe(0)
})

test('a root is over the entries of its own log', async () => {
  const name = await newLog(TILE)
  const other = newName()
  await new PostgresBackend({ pool, log: other }).migrate()
  const [root = OTHER] = await rootsOf(name, 1, 1)
  await expect(insert(other, 1, 0, root)).rejects.toMatchObject(FALSE_ROOT)
})

test('a root of the second level is over 256 roots of the first', async () => {
  const name = await newLog(TILE * TILE)
  const backend = new PostgresBackend({ pool, log: name })
  await backend.open()
  const first = await rootsOf(name, 1, TILE)
  const [second = OTHER] = await rootsOf(name, 2, 1)
  for (let i = 0; i < TILE; i += 64) {
    await expect(insert(name, 2, 0, second)).rejects.toMatchObject(FALSE_ROOT)
    await backend.subtrees.write(1, i, Buffer.concat(first.slice(i, i + 64)))
  }
  await expect(insert(name, 2, 0, OTHER)).rejects.toMatchObject(FALSE_ROOT)
  await backend.subtrees.write(2, 0, second)
  await expect(insert(name, 2, 1, second)).rejects.toMatchObject(FALSE_ROOT)
  expect(Buffer.from(await backend.subtrees.read(2, 0, 10)).equals(second)).toBe(true)
  const log = new AuditLog({ backend, signer })
  const proof = await log.prove('300')
  const entry = await log.get('300')
  if (!entry) throw new Error('there is an entry 300')
  expect(proof).toContain('c2sp.org/tlog-proof')
  await log.close()
})

test('another root is there than the one to be kept: AUDIT_CORRUPT, and it is not skipped', async () => {
  const name = await newLog(2 * TILE)
  const backend = new PostgresBackend({ pool, log: name })
  await backend.open()
  const [first = OTHER, second = OTHER] = await rootsOf(name, 1, 2)
  await backend.subtrees.write(1, 0, Buffer.concat([first, second]))
  await backend.subtrees.write(1, 0, Buffer.concat([first, second])) // the same again
  await expect(backend.subtrees.write(1, 0, OTHER)).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await expect(backend.subtrees.write(1, 1, OTHER)).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await expect(backend.subtrees.write(1, 2, OTHER)).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })
  await backend.close()
})

test('roots that somebody removed cost time alone', async () => {
  const name = newName()
  const backend = new PostgresBackend({ pool, log: name })
  await backend.migrate()
  await using log = new AuditLog({ backend, signer })
  const record = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => log.record(input(`${i}`))))
  await record(2 * TILE + 10)
  await log.checkpoint()
  await pool.query(`ALTER TABLE audit.subtrees DISABLE TRIGGER subtrees_append_only;
    DELETE FROM audit.subtrees WHERE log = '${name}'; ALTER TABLE audit.subtrees ENABLE ALWAYS TRIGGER subtrees_append_only`)
  await record(TILE)
  const checkpoint = await log.checkpoint()
  expect((await log.verify({ checkpoint })).findings).toEqual([])
})

test('writers at once, in every isolation, keep the roots of one log', async () => {
  const name = newName()
  await new PostgresBackend({ pool, log: name }).migrate()
  await Promise.all(
    ['read committed', 'repeatable read', 'serializable'].map(async isolation => {
      const own = newPool({
        connectionString,
        options: `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`,
      })
      const log = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }), signer })
      await Promise.all(Array.from({ length: 3 * TILE }, (_, i) => log.record(input(`${i}`))))
      await log.checkpoint()
      await log.close()
    }),
  )
  await using log = new AuditLog({ backend: new PostgresBackend({ pool, log: name }), signer })
  const entry = await log.record(input('last'))
  verifyProof({ entry, proof: await log.prove(entry.entryId), verifier })
  expect((await log.verify()).findings).toEqual([])
})
