import { AuditError } from '@audit/core'
import type pg from 'pg'

/** How long a connection is waited for where the pool itself would wait without end. */
const WAIT_MS = 30_000

/** A connection that is out of its pool. */
export class Connection {
  readonly client: pg.PoolClient
  #isReplicationCutShort = false
  // A connection that breaks says so in an event as well, and where nobody listens, that ends the process.
  readonly #onError = () => {}
  readonly #onNotice = ({ routine }: { readonly routine?: string | undefined }) => {
    if (routine === 'SyncRepWaitForLSN') this.#isReplicationCutShort = true
  }

  private constructor(client: pg.PoolClient) {
    this.client = client
    client.on('error', this.#onError)
    client.on('notice', this.#onNotice)
  }

  /**
   * Takes one out of the pool, which must get it back. One on which somebody left a transaction open is thrown away.
   *
   * @throws AuditError `AUDIT_BUSY` where none is free for 30 seconds, or for as long as the pool itself waits: those who hold
   *   them may be waiting for this call. `LeftInTransaction`; what `pg` throws.
   */
  static async take(pool: pg.Pool): Promise<Connection> {
    const connection = await Connection.#next(pool)
    if (connection.client.getTransactionStatus() === 'I') return connection
    connection.discard()
    throw new LeftInTransaction()
  }

  /** Runs something on a connection of the pool. After a failure the connection is thrown away: nobody knows its state. */
  static async use<T>(pool: pg.Pool, operation: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const connection = await Connection.take(pool)
    try {
      const result = await operation(connection.client)
      connection.giveBack()
      return result
    } catch (error) {
      connection.discard()
      throw error
    }
  }

  static #next(pool: pg.Pool): Promise<Connection> {
    // Not `await pool.connect()`: the connection may break before that goes on, with nobody listening.
    return new Promise((resolve, reject) => {
      let isGivenUp = false
      const giveUp = () => {
        isGivenUp = true
        reject(noneFree())
      }
      const timer = pool.options.connectionTimeoutMillis ? undefined : setTimeout(giveUp, WAIT_MS)
      pool.connect((error, client) => {
        clearTimeout(timer)
        if (isGivenUp)
          client?.release() // the one that came too late
        else if (client) resolve(new Connection(client))
        else reject(error)
      })
    })
  }

  /**
   * Whether the server gave up waiting for a synchronous standby. It says so in a warning, commits all the same, and
   * reports success (PostgreSQL, section 26.2.8.4).
   */
  get isReplicationCutShort(): boolean {
    return this.#isReplicationCutShort
  }

  /** Gives it back, to be used again. */
  giveBack(): void {
    this.#release(false)
  }

  /** Ends it: it is broken, or in a state that nobody knows. */
  discard(): void {
    this.#release(true)
  }

  #release(isToBeEnded: boolean): void {
    this.client.off('error', this.#onError)
    this.client.off('notice', this.#onNotice)
    this.client.release(isToBeEnded)
  }
}

/** The pool gave out a connection in the middle of somebody's transaction. */
export class LeftInTransaction extends Error {
  constructor() {
    super(
      'the pool gave out a connection in the middle of a transaction: end each before its connection is released',
    )
  }
}

function noneFree(): AuditError {
  return new AuditError(
    'AUDIT_BUSY',
    'no connection of the pool was free in time: do not wait for the log while holding the last one, or make the pool larger',
  )
}
