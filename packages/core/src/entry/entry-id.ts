import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import { AuditError } from '../errors.ts'
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

/** Between these the clock is believed: 1970 to 9999, which a UUID v7 and a timestamp of 24 characters can hold. */
const FIRST_MS = 0
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')
/** A clock that steps back by less is waited for; one that steps back further was wrong before, and is followed. */
const LARGEST_STEP_BACK_MS = 10_000

let ms = -1
let timestamp = ''
let sequence = 0

/**
 * Returns the next id. Within a process, its time does not go back if the system's clock steps back by less than 10
 * seconds. If the clock was further ahead and is corrected, ids follow it.
 *
 * @throws AuditError `AUDIT_WRITE_FAILED` while the clock is outside the years 1970 to 9999.
 */
export function nextEntryIdentity(): EntryIdentity {
  const now = clock()
  const random = nextRandom()
  if (now > ms || now <= ms - LARGEST_STEP_BACK_MS) {
    ms = now
    timestamp = formatTimestamp(ms)
    // Starts in the lower half of the 32 bits, so that two billion ids fit into a millisecond.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  } else sequence++
  return { entryId: v7({ random, msecs: ms, seq: sequence }), timestamp }
}

/** The system's time in whole milliseconds. Fake timers put anything in its place, fractions and `NaN` among them. */
function clock(): number {
  const now = systemTime()
  const whole = typeof now === 'number' ? Math.floor(now) : Number.NaN
  if (whole >= FIRST_MS && whole <= LAST_MS) return whole
  throw new AuditError(
    'AUDIT_WRITE_FAILED',
    "the system's clock gives no time between the years 1970 and 9999, so nothing was stored; set it, and record again",
  )
}

function systemTime(): unknown {
  try {
    return Date.now()
  } catch {
    return undefined // a clock of a test
  }
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

/** The one spelling of a UUID, lower case with hyphens, so that ids match however they were written. Other ids stay unchanged. */
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
