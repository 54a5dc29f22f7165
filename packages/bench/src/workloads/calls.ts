import { CALLERS, type Caller } from '../callers.ts'
import type { Measurements } from '../measurements.ts'
import type { commands } from '../programs/call.ts'
import type { commands as providerCommands } from '../programs/provider.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import { inFolders } from '../workplace.ts'

/** What is asked: a whole answer, and a stream whose events come one by one, or all at once. */
export const ANSWERS = ['whole', 'oneByOne', 'atOnce'] as const
export type Answer = (typeof ANSWERS)[number]

/** The name of a figure: milliseconds a call for whole answers, microseconds of processor time a chunk for streams. */
export function callOf(caller: Caller, answer: Answer): string {
  return `call/${answer}/${caller}`
}

/** The first round takes so many turns, since an SDK is much code to compile. */
const WARM_UP = 10

/** All of them ask the same provider, in turns. */
export async function measureCalls(measurements: Measurements, { rounds, turn }: Scale): Promise<void> {
  await inFolders(async newFolder => {
    await using subjects = new AsyncDisposableStack()
    const provider = subjects.use(new Subject<typeof providerCommands>('provider', []))
    const { oneByOne, atOnce } = await provider.ask('urls')
    const clients = subjects.use(new Subject<typeof commands>('call', [await newFolder()]))
    for (const answer of ANSWERS) {
      const url = answer === 'atOnce' ? atOnce : oneByOne
      const command = answer === 'whole' ? 'call' : 'chunk'
      for (let round = 0; round <= rounds; round++) {
        for (const caller of round % 2 === 0 ? CALLERS : CALLERS.toReversed()) {
          const figure = await clients.ask(command, caller, url, turn * (round === 0 ? WARM_UP : 1))
          if (round > 0) measurements.add(callOf(caller, answer), figure)
        }
      }
    }
    await clients.ask('close')
  })
}
