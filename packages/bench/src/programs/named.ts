import type { BackendName } from '../own/backends.ts'
import { FilledLog } from '../own/filled-log.ts'
import { serve } from '../subject.ts'

// A log that records with an index of each of these keys, or of none.

const [name = '', place = '', size = '', ...keys] = process.argv.slice(2)
const filled = new FilledLog(name as BackendName, place, Number(size), keys) // what naming.ts starts this with

export const commands = serve({
  fill: () => filled.fill(),
  /** Entries a second. */
  record: (callers: number, milliseconds: number) => filled.record(callers, milliseconds),
  close: () => filled.log.close(),
})
