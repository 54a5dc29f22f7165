import { type ContenderId, contenders } from '../contenders.ts'
import { drive } from '../drive.ts'
import { serve } from '../subject.ts'

// One contender, who records for a while whenever it is its turn.

const [id = '', place = ''] = process.argv.slice(2)
const recorder = await contenders[id as ContenderId].open(place) // what recording.ts starts this with

export const commands = serve({
  /** Entries a second. */
  drive: (callers: number, milliseconds: number) => drive(recorder, callers, milliseconds),
  close: () => recorder.close(),
})
