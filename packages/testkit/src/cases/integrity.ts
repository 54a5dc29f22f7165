import assert from 'node:assert/strict'
import {
  type AuditEntry,
  type AuditLog,
  createSigner,
  createVerifier,
  generateKey,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
} from '@audit/core'
import type { Area } from '../case.ts'

const { privateKey, publicKey } = generateKey('testkit')
const signer = createSigner(privateKey)
const verifier = createVerifier(publicKey)

export const integrity: Area = {
  name: 'integrity',
  cases: [
    {
      id: 'integrity.fine-as-recorded',
      title: 'verifying an unchanged log finds nothing, also against its own checkpoint',
      async run(place) {
        const log = place.log(signer)
        await expectFine(log, 0)
        await record(log, 600)
        await expectFine(log, 600)
      },
    },
    {
      id: 'integrity.proofs',
      title: 'entries at both ends of a subtree of 256 are proved to be in the log',
      async run(place) {
        const log = place.log(signer)
        const entries = await record(log, 600)
        for (const index of [0, 1, 255, 256, 511, 512, 599]) await expectProof(log, entries[index])
      },
    },
    {
      id: 'integrity.checkpoints-are-continued',
      title: 'the log continues each of its older checkpoints, also at sizes next to 256',
      async run(place) {
        const log = place.log(signer)
        const checkpoints: string[] = []
        let size = 0
        for (const next of [0, 1, 255, 256, 257, 512, 600]) {
          await record(log, next - size)
          size = next
          checkpoints.push(await settled(log.checkpoint()))
        }
        for (const older of checkpoints) await expectContinued(log, older)
      },
    },
    {
      id: 'integrity.after-reopening',
      title: 'after reopening, the log continues its older checkpoints and verifies against them',
      needs: ['persistence'],
      async run(place) {
        const first = place.log(signer)
        const entries = await record(first, 300)
        const checkpoint = await settled(first.checkpoint())
        await first.close()
        const log = place.log(signer)
        await expectFine(log, 300, checkpoint)
        await record(log, 300)
        await expectContinued(log, checkpoint)
        await expectProof(log, entries[299])
        await expectFine(log, 600, checkpoint)
      },
    },
    {
      id: 'integrity.shared-writing',
      title: 'after several instances have written, all of them compute the same root and find nothing wrong',
      needs: ['sharing'],
      async run(place) {
        const logs = [place.log(signer), place.log(signer), place.log(signer)]
        await Promise.all(
          logs.map(async log => {
            for (let i = 0; i < 6; i++) await record(log, 50)
          }),
        )
        const roots = new Set<string>()
        for (const log of logs) {
          const { root, size } = verifyCheckpoint({ checkpoint: await settled(log.checkpoint()), verifier })
          assert.equal(size, 900, 'size of the checkpoint')
          roots.add(Buffer.from(root).toString('hex'))
          await expectFine(log, 900)
        }
        assert.equal(roots.size, 1, 'different roots')
      },
    },
  ],
}

/** Records this many entries at once. */
function record(log: AuditLog, count: number): Promise<AuditEntry[]> {
  const inputs = Array.from({ length: count }, (_, i) => ({
    model: 'gpt-4o',
    inputText: `question ${i}`,
    outputText: '',
    metadata: { i },
  }))
  return Promise.all(inputs.map(input => log.record(input)))
}

async function expectFine(log: AuditLog, size: number, checkpoint?: string): Promise<void> {
  const { findings, root, ...report } = await settled(
    log.verify({ checkpoint: checkpoint ?? (await settled(log.checkpoint())) }),
  )
  const [first] = findings
  if (first) assert.fail(`verify: ${findings.length} findings; the first is ${first.kind}: ${first.message}`)
  assert.equal(root.length, 32, 'bytes of the root')
  assert.ok(report.ok, 'ok of the report')
  assert.equal(report.size, size, 'size of the report')
}

async function expectProof(log: AuditLog, entry: AuditEntry | undefined): Promise<void> {
  assert.ok(entry, 'the entry was recorded')
  const proof = await settled(log.prove(entry.entryId))
  assert.doesNotThrow(() => verifyProof({ entry, proof, verifier }), `the proof of entry ${entry.index}`)
}

async function expectContinued(log: AuditLog, older: string): Promise<void> {
  const proof = await settled(log.proveConsistency(older))
  assert.doesNotThrow(() => verifyConsistency({ older, proof, verifier }), 'the consistency proof')
}

/** If it rejects, the backend has broken a promise. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  await assert.doesNotReject(promise)
  return promise
}
