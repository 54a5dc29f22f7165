import type { ContenderId } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import type { commands } from '../programs/record.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import type { Workplace } from '../workplace.ts'

/** How many callers record at once where there is a crowd. */
export const CROWD = 64

/** The first round takes so many turns: a worker thread, too, needs a while until its code is compiled. */
const WARM_UP = 3

const IN_MEMORY: readonly ContenderId[] = ['auditMemory', 'unavoidableMemory']

/** The name of a rate: entries a second, by how many callers at once. */
export function recordingOf(id: ContenderId, callers: number): string {
  return `recording/${callers}/${id}`
}

/** All of these record, in turns: 64 callers at once, and then one that awaits each. */
export async function measureRecording(
  measurements: Measurements,
  scale: Scale,
  ids: readonly ContenderId[],
  inPlaces: Workplace,
): Promise<void> {
  await inPlaces(async newPlace => {
    await using subjects = new AsyncDisposableStack()
    const runners: { readonly id: ContenderId; readonly subject: Subject<typeof commands> }[] = []
    for (const id of ids) {
      runners.push({ id, subject: subjects.use(new Subject('record', [id, await newPlace()])) })
    }
    for (const callers of [CROWD, 1]) {
      const taking = runners.filter(({ id }) => callers > 1 || !IN_MEMORY.includes(id))
      for (let round = 0; round <= scale.rounds; round++) {
        for (const { id, subject } of round % 2 === 0 ? taking : taking.toReversed()) {
          const rate = await subject.ask('drive', callers, scale.turn * (round === 0 ? WARM_UP : 1))
          if (round > 0) measurements.add(recordingOf(id, callers), rate)
        }
      }
    }
    for (const { subject } of runners) await subject.ask('close')
  })
}
