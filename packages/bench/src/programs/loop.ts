import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type ContenderId, contenders } from '../contenders.ts'
import { drive, taker } from '../drive.ts'
import { serve } from '../subject.ts'

// Watches the event loop of an application that records.

const [id = '', folder = ''] = process.argv.slice(2)
const recorder = id === '' ? undefined : await contenders[id as ContenderId].open(folder) // what event-loop.ts starts this with

/** How late timers come, in milliseconds. */
async function delayDuring(work: () => Promise<unknown>): Promise<{ p99: number; max: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await pause(5)
  await work()
  await pause(5) // before and behind, so that a loop that was starved all the time is seen as well
  delay.disable()
  return { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
}

/** Records so many entries a second, whether or not those before are stored, and waits for all of them. */
async function recordSteadily(perSecond: number, milliseconds: number): Promise<void> {
  if (!recorder) return pause(milliseconds)
  const take = taker()
  const start = performance.now()
  const pending: unknown[] = []
  for (let done = 0; performance.now() < start + milliseconds; await pause(1)) {
    const due = Math.floor(((performance.now() - start) * perSecond) / 1000)
    const exchanges = Array.from({ length: due - done }, take)
    done = due
    if ('write' in recorder) pending.push(recorder.write(exchanges))
    else for (const exchange of exchanges) pending.push(recorder.record(exchange))
  }
  await Promise.all(pending)
}

export const commands = serve({
  steadily: (perSecond: number, milliseconds: number) =>
    delayDuring(() => recordSteadily(perSecond, milliseconds)),
  crowd: (callers: number, milliseconds: number) =>
    delayDuring(async () => (recorder ? drive(recorder, callers, milliseconds) : pause(milliseconds))),
  close: async () => recorder?.close(),
})
