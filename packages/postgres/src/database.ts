import type pg from 'pg'
import { Connection } from './connection.ts'
import { isOutcomeKnown, isRolledBack, isSessionSpent, isTimeout } from './failure.ts'
import { inReadOnlyTransaction } from './read-only.ts'
import { rowsOf, type Statement } from './sql/statement.ts'

/** How often to send a statement that only reads if the connection breaks or a replica cancels it. */
const TRIES = 3

/** Where a log is read: a pool, and whether statements may change nothing. */
export class Database {
  readonly pool: pg.Pool
  readonly #isReadOnly: boolean

  constructor(pool: pg.Pool, isReadOnly: boolean) {
    this.pool = pool
    this.#isReadOnly = isReadOnly
  }

  /** The rows of a statement that only reads, each value a text or `null`. It is sent again if a retry may succeed. */
  async rows<R extends { readonly [Column in keyof R]: string | null }>(statement: Statement): Promise<R[]> {
    let otherSessions = this.pool.totalCount
    for (let tries = 1; ; tries++) {
      try {
        return await this.#try<R>(statement)
      } catch (error) {
        if (isSessionSpent(error) && otherSessions-- > 0) continue
        const isBroken = !isOutcomeKnown(error) && !isTimeout(error) // after a time-out, waiting again is pointless
        const mayPass = isRolledBack(error) || isBroken
        if (!mayPass || tries >= TRIES) throw error
      }
    }
  }

  #try<R extends { readonly [Column in keyof R]: string | null }>(statement: Statement): Promise<R[]> {
    const run = (client: pg.PoolClient) => rowsOf<R>(client, statement)
    return this.#isReadOnly ? inReadOnlyTransaction(this.pool, run) : Connection.use(this.pool, run)
  }
}
