import { AuditError } from '@audit/core'
import type pg from 'pg'

/** How long to wait for a connection if the pool itself has no limit. */
const WAIT_MS = 30_000

/** A connection taken from a pool. */
export class Connection {
  readonly client: pg.PoolClient
  #isReplicationCutShort = false
  // A broken connection also emits an event, which ends the process if nobody listens.
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
   * Takes a connection from the pool, to be given back. Discards one on which somebody left a transaction open.
   *
   * @throws AuditError `AUDIT_BUSY` if none is free for 30 seconds, or for as long as the pool itself waits: their holders
   *   may be waiting for this call. `LeftInTransaction`; what `pg` throws.
   */
  static async take(pool: pg.Pool): Promise<Connection> {
    const connection = await Connection.#next(pool)
    if (connection.client.getTransactionStatus() === 'I') return connection
    connection.discard()
    throw new LeftInTransaction()
  }

  /** Runs a function on a connection of the pool. After a failure it discards the connection, whose state is unknown. */
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
    // Not `await pool.connect()`: the connection could break before that continues, while nobody listens.
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
          client?.release() // it came too late
        else if (client) resolve(new Connection(client))
        else reject(error)
      })
    })
  }

  /**
   * Whether the server stopped waiting for a synchronous standby. It then warns, but still commits and reports success
   * (PostgreSQL, section 26.2.8.4).
   */
  get isReplicationCutShort(): boolean {
    return this.#isReplicationCutShort
  }

  /** Returns it to the pool. */
  giveBack(): void {
    this.#release(false)
  }

  /** Closes it, because it is broken or in an unknown state. */
  discard(): void {
    this.#release(true)
  }

  #release(isToBeEnded: boolean): void {
    this.client.off('error', this.#onError)
    this.client.off('notice', this.#onNotice)
    this.client.release(isToBeEnded)
  }
}

/** The pool returned a connection in the middle of somebody's transaction. */
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
