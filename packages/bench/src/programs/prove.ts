import { type AuditEntry, AuditLog, createSigner, generateKey } from '@audit/core'
import { drive, taker } from '../drive.ts'
import { quantile } from '../measurements.ts'
import { type DiskBackendName, newBackend, roundTrip } from '../own/backends.ts'
import { residentBytes } from '../resident.ts'
import { serve } from '../subject.ts'

// Checkpoints, proofs and verification of a log that is there, in a process of its own.

const [name = '', place = ''] = process.argv.slice(2)
const backendName = name as DiskBackendName // what proofs.ts starts this with
const signer = createSigner(generateKey('example.com/bench').privateKey)
const CROWD = 100
const ROUND_TRIPS = 50

function openLog(): AuditLog {
  return new AuditLog({ backend: newBackend(backendName, place), signer })
}

/** Milliseconds of the first such call on a log that was just opened. */
async function firstCall(call: (log: AuditLog) => Promise<unknown>): Promise<number> {
  const log = openLog()
  await log.count()
  const start = performance.now()
  await call(log)
  const milliseconds = performance.now() - start
  await log.close()
  return milliseconds
}

async function entryAt(share: number): Promise<AuditEntry> {
  const log = openLog()
  const place = Math.floor((await log.count()) * share)
  for await (const entry of log.entries({ start: place, end: place + 1 })) {
    await log.close()
    return entry
  }
  throw new Error('the log is empty')
}

async function proofs(entryId: string) {
  const checkpoint = await firstCall(log => log.checkpoint())
  const prove = await firstCall(log => log.prove(entryId))
  const log = openLog()
  const older = await log.checkpoint()
  await log.record({ model: 'echo', inputText: '', outputText: '' })
  await log.close()
  return { checkpoint, prove, consistency: await firstCall(fresh => fresh.proveConsistency(older)) }
}

export const commands = serve({
  /** Computes what a log that was recorded through `AuditLog` has stored already. */
  prepare: () => firstCall(log => log.checkpoint()),
  /** Milliseconds of each on a freshly opened log, and resident bytes while one is open. */
  prove: async (share: number) => {
    const { entryId } = await entryAt(share)
    const [first, later] = [await proofs(entryId), await proofs(entryId)]
    let resident = 0
    await firstCall(async log => {
      await log.checkpoint()
      await log.prove(entryId)
      resident = await residentBytes()
    })
    return { ...later, 'first checkpoint': first.checkpoint, 'first prove': first.prove, resident }
  },
  /** Milliseconds of an inclusion proof, the first that this process does with an open log, and of a mere round trip. */
  firstProof: async (entryId: string) => {
    const prove = await firstCall(log => log.prove(entryId))
    const took: number[] = []
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const start = performance.now()
      await roundTrip(backendName, place)
      took.push(performance.now() - start)
    }
    return { prove, trip: quantile(took, 0.5) }
  },
  /** Entries a second, in batches of 100, with and without subtree roots. */
  record: async (withTree: boolean, milliseconds: number) => {
    const backend = newBackend(backendName, place)
    if (!withTree) Object.defineProperty(backend, 'subtrees', { value: undefined })
    const log = new AuditLog({ backend })
    const take = taker()
    const record = () => Promise.all(Array.from({ length: CROWD }, () => log.record(take())))
    await record()
    const recorder = {
      record: (entry: Parameters<AuditLog['record']>[0]) => log.record(entry),
      close: () => log.close(),
    }
    const rate = await drive(recorder, CROWD, milliseconds)
    await log.close()
    return rate
  },
})
