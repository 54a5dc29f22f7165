import { createHash } from 'node:crypto'
import type { EntryInput } from '@audit/core'
import { taker } from '../drive.ts'

const AT_ONCE = 64
const SESSION_ENTRIES = 16
const CUSTOMERS = 1000

/** Keys of the metadata that have an index: a session has 16 entries, a customer a thousandth of a long log. */
export const NAMED_KEYS = ['session', 'customer'] as const

/** Who talks. */
interface Session {
  readonly id: string
  readonly user: string
  readonly customer: string
}

/** Gives exchanges as a busy application has them, the same at every run: 64 sessions at once, each of one user. */
export function conversations(): () => EntryInput {
  const take = taker()
  const sessions: Session[] = []
  let number = 0
  return () => {
    const exchange = take()
    const slot = number % AT_ONCE
    const turn = Math.floor(number++ / AT_ONCE)
    let session = sessions[slot]
    if (!session || turn % SESSION_ENTRIES === 0) {
      session = sessionOf((turn / SESSION_ENTRIES) * AT_ONCE + slot, exchange.user)
      sessions[slot] = session
    }
    const { id, user, customer } = session
    return { ...exchange, user, metadata: { ...exchange.metadata, session: id, customer } }
  }
}

/** Its id is as random as those of real sessions, so that an index has to take it in anywhere. */
function sessionOf(number: number, user = ''): Session {
  const id = createHash('sha256').update(String(number)).digest('hex').slice(0, 32)
  return { id, user, customer: `customer-${number % CUSTOMERS}` }
}
