import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EntryInput } from '@audit/core'
import type { Recorder } from './contender.ts'
import { loadExchanges } from './exchanges.ts'

/** What is recorded in a turn, other than real exchanges until the time is up. */
export interface Turn {
  /** The turn ends earlier once so many entries were recorded, or slightly more. Default: it does not. */
  readonly most?: number
  /** Gives what is recorded next. Default: exchanges, over and over. */
  readonly take?: () => EntryInput
}

/** Lets so many callers record for so long, each waiting for its own entry before the next. Entries a second. */
export async function drive(
  recorder: Recorder,
  callers: number,
  milliseconds: number,
  { most = Number.POSITIVE_INFINITY, take = taker() }: Turn = {},
): Promise<number> {
  globalThis.gc?.() // nobody pays for the garbage of an earlier turn
  const start = performance.now()
  const end = start + milliseconds
  let count = 0
  const isOver = () => count >= most || performance.now() >= end
  if ('write' in recorder) {
    while (!isOver()) {
      await recorder.write(Array.from({ length: callers }, take))
      count += callers
    }
  } else {
    const call = async () => {
      while (!isOver()) {
        const stored = recorder.record(take())
        count++
        // Whoever returns at once must get a turn of the event loop now and then, to write.
        await (stored ?? (count % callers === 0 ? nextTurn() : undefined))
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
  }
  await recorder.flush?.()
  return (count * 1000) / (performance.now() - start)
}

const exchanges = loadExchanges()

/** Gives one exchange after the other, and begins again when there are no more. */
export function taker(): () => EntryInput {
  let next = 0
  return () => {
    const exchange = exchanges[next++ % exchanges.length]
    if (!exchange) throw new Error('there are no exchanges')
    return exchange
  }
}
