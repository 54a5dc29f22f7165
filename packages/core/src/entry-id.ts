import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import { formatTimestamp } from './timestamp.ts'

/** An entry's id and the time inside it. */
export interface EntryIdentity {
  /** UUID v7 (RFC 9562, section 5.7), lower case. */
  readonly entryId: string
  /** The milliseconds of that UUID, as canonical UTC text. */
  readonly timestamp: string
}

const RANDOM_BYTES = 16
// One call to the system's generator for 256 ids: it costs about as much as for one.
const pool = new Uint8Array(256 * RANDOM_BYTES)
let used = pool.length

let ms = 0
let timestamp = ''
let sequence = 0

/** Gives out the next id. Its time never goes back within a process, even when the system's clock does. */
export function nextEntryIdentity(): EntryIdentity {
  const random = nextRandom()
  const now = Date.now()
  if (now > ms) {
    ms = now
    timestamp = formatTimestamp(ms)
    // Starts in the lower half of the 32 bits, so that two thousand million ids fit into a millisecond.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  } else sequence++
  return { entryId: v7({ random, msecs: ms, seq: sequence }), timestamp }
}

function nextRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += RANDOM_BYTES
  return pool.subarray(used - RANDOM_BYTES, used)
}

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** One spelling for a UUID, lower case with hyphens, so that ids compare however they were written; other ids stay. */
export function canonicalEntryId(entryId: string): string {
  if (CANONICAL.test(entryId)) return entryId
  const match = UUID.exec(entryId.toLowerCase())
  return match ? match.slice(1).join('-') : entryId
}

/** The time inside a canonical UUID v7, as canonical text; `undefined` for any other id. */
export function timeOfEntryId(entryId: string): string | undefined {
  if (!CANONICAL.test(entryId) || entryId[14] !== '7') return undefined
  return formatTimestamp(Number.parseInt(entryId.slice(0, 8) + entryId.slice(9, 13), 16))
}
