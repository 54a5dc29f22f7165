import { setTimeout as pause } from 'node:timers/promises'
import { AuditError, type Leaf } from '@audit/core'
import type pg from 'pg'
import { isOutcomeUnknown, isRolledBack } from './failure.ts'
import { columnsOf } from './row.ts'

/** How long the server is asked whether it has stored a batch, before nobody can say so. */
const SETTLE_MS = 60_000
const PAUSE_MS = 100

const TEXT = 'SELECT audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS first'

/**
 * Appends a batch in one statement, which is one transaction and one round trip. A connection that breaks meanwhile
 * leaves open whether it was committed: the same batch is then sent again, as one that may be there already. It cannot
 * be stored twice, since its ids are unique.
 */
export async function appendBatch(pool: pg.Pool, log: string, leaves: readonly Leaf[]): Promise<number> {
  const columns = columnsOf(leaves)
  let deadline: number | undefined
  for (;;) {
    const attempt = await tryAppend(pool, [log, deadline !== undefined, ...columns])
    if ('first' in attempt) return attempt.first
    if (attempt.isRolledBack) continue
    if (!attempt.isUnknown && deadline === undefined) throw attempt.error // nothing was stored
    deadline ??= performance.now() + SETTLE_MS
    if (performance.now() > deadline) throw unknownOutcome(attempt.error)
    await pause(PAUSE_MS)
  }
}

type Attempt =
  | { readonly first: number }
  | { readonly error: unknown; readonly isRolledBack: boolean; readonly isUnknown: boolean }

async function tryAppend(pool: pg.Pool, values: unknown[]): Promise<Attempt> {
  let client: pg.PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    return { error, isRolledBack: false, isUnknown: false } // nothing was sent
  }
  // A connection that breaks tells so in an event as well, which nobody else listens for while it is out of the pool.
  const ignore = () => {}
  client.on('error', ignore)
  try {
    const { rows } = await client.query<{ first: string }>(TEXT, values)
    client.release()
    return { first: Number(rows[0]?.first) }
  } catch (error) {
    const isUnknown = isOutcomeUnknown(error)
    client.release(isUnknown)
    return { error, isRolledBack: isRolledBack(error), isUnknown }
  } finally {
    client.off('error', ignore)
  }
}

function unknownOutcome(cause: unknown): AuditError {
  return new AuditError(
    'AUDIT_OUTCOME_UNKNOWN',
    'the connection broke while entries were being stored, and the server cannot be asked whether they are: look for them before you record them again',
    { cause },
  )
}
