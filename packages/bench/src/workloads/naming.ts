import type { Measurements } from '../measurements.ts'
import type { BackendName } from '../own/backends.ts'
import type { commands } from '../programs/named.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import type { Workplace } from '../workplace.ts'
import { CROWD } from './recording.ts'

/** The key that one of two logs has an index of. */
const KEY = 'session'

/** The name of a rate of recording, in entries a second: with an index of one key of the metadata, or without. */
export function namingOf(backend: BackendName, which: 'with' | 'without'): string {
  return `naming/${backend}/${which}`
}

/** Two large logs record the same, in turns, one of them with a key that was named. */
export async function measureNaming(
  measurements: Measurements,
  { rounds, turn, large }: Scale,
  backend: BackendName,
  inPlaces: Workplace,
): Promise<void> {
  await inPlaces(async newPlace => {
    const start = async (keys: readonly string[]) =>
      new Subject<typeof commands>('named', [backend, await newPlace(), String(large), ...keys])
    await using withKey = await start([KEY])
    await using without = await start([])
    const both = [
      { which: 'with', subject: withKey },
      { which: 'without', subject: without },
    ] as const
    await Promise.all(both.map(({ subject }) => subject.ask('fill')))
    for (let round = 0; round <= rounds; round++) {
      for (const { which, subject } of round % 2 === 0 ? both : both.toReversed()) {
        const rate = await subject.ask('record', CROWD, turn)
        if (round > 0) measurements.add(namingOf(backend, which), rate)
      }
    }
    for (const { subject } of both) await subject.ask('close')
  })
}
