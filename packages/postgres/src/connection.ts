import type pg from 'pg'

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

  /** Takes one out of the pool, which must get it back. */
  static take(pool: pg.Pool): Promise<Connection> {
    // Not `await pool.connect()`: the connection may break before that goes on, with nobody listening.
    return new Promise((resolve, reject) => {
      pool.connect((error, client) => {
        if (client) resolve(new Connection(client))
        else reject(error)
      })
    })
  }

  /** Whether somebody has begun a transaction on it, and has not ended it. */
  get isInTransaction(): boolean {
    return this.client.getTransactionStatus() !== 'I'
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
