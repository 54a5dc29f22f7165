import { localIds, postgresIds } from './contenders.ts'
import { inDatabases } from './databases.ts'
import { Measurements } from './measurements.ts'
import { LOCAL_BACKENDS } from './own/backends.ts'
import type { Scale } from './scale.ts'
import { measureCalls } from './workloads/calls.ts'
import { measureDisk } from './workloads/disk.ts'
import { measureEventLoop } from './workloads/event-loop.ts'
import { measureGrowth } from './workloads/growth.ts'
import { measureNaming } from './workloads/naming.ts'
import { measureProcesses } from './workloads/processes.ts'
import { measureFirstProofs, measureProofs } from './workloads/proofs.ts'
import { measureRecording } from './workloads/recording.ts'
import { inFolders } from './workplace.ts'

/** Runs all workloads that need no server, one after the other. */
export async function measure(scale: Scale, say: (what: string) => void): Promise<Measurements> {
  const measurements = new Measurements()
  say('recording')
  await measureRecording(measurements, scale, localIds, inFolders)
  say('event loop')
  await measureEventLoop(measurements, scale)
  say('calls of an SDK')
  await measureCalls(measurements, scale)
  say('bytes on disk')
  for (const backend of ['sqlite', 'jsonl'] as const) {
    await measureDisk(measurements, scale, backend, inFolders)
  }
  for (const backend of LOCAL_BACKENDS) {
    say(`${backend}, with and without a named key`)
    await measureNaming(measurements, scale, backend, inFolders)
    await measureGrowth(measurements, scale, { backend, inPlaces: inFolders, say })
  }
  return measurements
}

/** Runs those of PostgreSQL, on the server of AUDIT_POSTGRES_URL. */
export async function measurePostgres(scale: Scale, say: (what: string) => void): Promise<Measurements> {
  const measurements = new Measurements()
  say('recording')
  await measureRecording(measurements, scale, postgresIds, inDatabases)
  await measureProcesses(measurements, scale, say)
  say('bytes on disk')
  await measureDisk(measurements, scale, 'postgres', inDatabases)
  say('with and without a named key')
  await measureNaming(measurements, scale, 'postgres', inDatabases)
  await measureGrowth(measurements, scale, {
    backend: 'postgres',
    inPlaces: inDatabases,
    say,
    whenLarge: async place => {
      await measureProofs(measurements, scale.passes, 'postgres', place)
      await measureFirstProofs(measurements, scale.passes, place)
    },
  })
  return measurements
}
