import { setTimeout as pause } from 'node:timers/promises'
import { AuditError, type Leaf } from '@audit/core/backend'
import type pg from 'pg'
import { Connection } from './connection.ts'
import { isOutcomeKnown, isRolledBack, isSessionSpent } from './failure.ts'
import { columnsOf } from './row.ts'
import { rowsOf } from './sql/statement.ts'

/** How long to wait for an answer. A connection that is silent for longer is given up, because its other end may be gone. */
const ANSWER_MS = 60_000
/** How long to retry a batch, or to ask the server whether it has stored it. */
const RETRY_MS = 60_000
const PAUSE_MS = 100
/** The longest canonical line of an entry: the server accepts no statement of a gibibyte. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024

const APPEND = 'SELECT audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS first'

/**
 * Appends a batch in one statement, which is one transaction and one round trip. If the connection breaks meanwhile, the
 * batch may or may not be committed. It is then sent again, marked as possibly stored. It cannot be stored twice, because
 * its ids are unique.
 */
export async function appendBatch(pool: pg.Pool, log: string, leaves: readonly Leaf[]): Promise<number> {
  for (const { line } of leaves) refuseTooLong(line)
  const columns = columnsOf(leaves)
  const deadline = performance.now() + RETRY_MS
  let otherSessions = pool.totalCount
  let isUnknown = false
  for (;;) {
    const outcome = await tryAppend(pool, [log, isUnknown, ...columns])
    if ('first' in outcome) return outcome.first
    const { error } = outcome
    isUnknown ||= outcome.isUnknown
    const mayPass = isUnknown || isRolledBack(error) || (isSessionSpent(error) && otherSessions-- > 0)
    if (!mayPass) throw error
    if (performance.now() > deadline) throw isUnknown ? unknownOutcome(error) : error
    if (isUnknown) await pause(PAUSE_MS)
  }
}

type Outcome = { readonly first: number } | { readonly error: unknown; readonly isUnknown: boolean }

async function tryAppend(pool: pg.Pool, values: readonly unknown[]): Promise<Outcome> {
  let connection: Connection
  try {
    connection = await Connection.take(pool)
  } catch (error) {
    return { error, isUnknown: false } // nothing was sent
  }
  const outcome = await append(connection, values, pool.options.query_timeout || ANSWER_MS)
  // A session may keep failing because of its role, settings or transaction. Losing to another writer is not its fault.
  if ('first' in outcome || (!outcome.isUnknown && isRolledBack(outcome.error))) connection.giveBack()
  else connection.discard()
  return outcome
}

async function append(
  connection: Connection,
  values: readonly unknown[],
  timeoutMs: number,
): Promise<Outcome> {
  try {
    const statement = { text: APPEND, values, timeoutMs }
    const [row] = await rowsOf<{ first: string }>(connection.client, statement)
    if (connection.isReplicationCutShort) return { error: notReplicated(), isUnknown: true }
    return { first: Number(row?.first) }
  } catch (error) {
    return { error, isUnknown: !isOutcomeKnown(error) }
  }
}

function refuseTooLong(line: string): void {
  if (line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return
  throw new AuditError(
    'AUDIT_WRITE_FAILED',
    `the canonical line of an entry may have at most ${MAX_LINE_BYTES} bytes, and this one has more: record a part of it`,
  )
}

function notReplicated(): Error {
  return new Error('the server stopped waiting for its synchronous standby')
}

function unknownOutcome(cause: unknown): AuditError {
  return new AuditError(
    'AUDIT_OUTCOME_UNKNOWN',
    'the connection broke while entries were being stored, and the server cannot be asked whether they are',
    { cause },
  )
}
