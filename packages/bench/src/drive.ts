import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EntryInput } from '@audit/core'
import type { Recorder } from './contender.ts'
import { loadExchanges } from './exchanges.ts'

/** Lets so many callers record for so long, each waiting for its own entry before the next. Entries a second. */
export async function drive(recorder: Recorder, callers: number, milliseconds: number): Promise<number> {
  const take = taker()
  globalThis.gc?.() // nobody pays for the garbage of an earlier turn
  const start = performance.now()
  const end = start + milliseconds
  let count = 0
  if ('write' in recorder) {
    while (performance.now() < end) {
      await recorder.write(Array.from({ length: callers }, take))
      count += callers
    }
  } else {
    const call = async () => {
      while (performance.now() < end) {
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
