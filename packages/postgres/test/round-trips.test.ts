import { AuditLog, createSigner, createVerifier, generateKey, verifyProof } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import { expect, test, vi } from 'vitest'
import { input, newLog, newPool } from './place.ts'

const signer = createSigner(generateKey('example.com/log').privateKey)

test('the first proof of a process takes three round trips on one connection: the entry, the size, and the tree', async () => {
  const { log, name } = await newLog()
  const entries = await Promise.all(Array.from({ length: 1000 }, (_, i) => log.record(input(`${i}`))))
  await log.close() // once all subtree roots are stored
  const own = newPool({})
  let connections = 0
  let statements = 0
  own.on('connect', client => {
    connections++
    const query = client.query.bind(client)
    vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
      statements++
      return Reflect.apply(query, client, args)
    })
  })
  await using fresh = new AuditLog({ backend: new PostgresBackend({ pool: own, log: name }), signer })
  await fresh.open()
  statements = 0
  const entry = entries[300]
  if (!entry) throw new Error('there are 1000')
  const proof = await fresh.prove(entry.entryId)
  expect(statements).toBe(3)
  expect(connections).toBe(1)
  expect(verifyProof({ entry, proof, verifier: createVerifier(signer.publicKey) })).toMatchObject({
    size: 1000,
  })
})
