import type { ContenderId } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import type { commands } from '../programs/loop.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import { inFolders } from '../workplace.ts'
import { CROWD } from './recording.ts'

/** Durable records a second that an application writes steadily. */
export const STEADY_RATE = 2000

/** Who is watched; idle is nobody. */
export const WATCHED = ['idle', 'auditSqlite', 'auditJsonl', 'betterSqlite3'] as const satisfies (
  | ContenderId
  | 'idle'
)[]
export type Watched = (typeof WATCHED)[number]

/** The name of a delay of the event loop, in milliseconds. */
export function delayOf(who: Watched, load: 'steadily' | 'crowd', figure: 'p99' | 'max'): string {
  return `event-loop/${load}/${who}/${figure}`
}

/** Watches the event loop of applications that record steadily, and of such where 64 callers record without a pause. */
export async function measureEventLoop(measurements: Measurements, scale: Scale): Promise<void> {
  await inFolders(async newFolder => {
    await using subjects = new AsyncDisposableStack()
    const runners: { readonly who: Watched; readonly subject: Subject<typeof commands> }[] = []
    for (const who of WATCHED) {
      const args = who === 'idle' ? [] : [who, await newFolder()]
      runners.push({ who, subject: subjects.use(new Subject('loop', args)) })
    }
    for (let round = 0; round <= scale.passes; round++) {
      const milliseconds = round === 0 ? Math.min(500, scale.watch) : scale.watch
      for (const { who, subject } of runners) {
        const steadily = await subject.ask('steadily', STEADY_RATE, milliseconds)
        const crowd = await subject.ask('crowd', CROWD, milliseconds)
        if (round === 0) continue
        for (const figure of ['p99', 'max'] as const) {
          measurements.add(delayOf(who, 'steadily', figure), steadily[figure])
          measurements.add(delayOf(who, 'crowd', figure), crowd[figure])
        }
      }
    }
    for (const { subject } of runners) await subject.ask('close')
  })
}
