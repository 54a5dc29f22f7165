import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { serverUrl } from '@audit/harness'
import { PostgresBackend } from '@audit/postgres'
import pg from 'pg'
import type { Place } from './place.ts'

/** How long to wait before looking again whether a session has ended. */
const POLL_MS = 5

/** A log of the server of AUDIT_POSTGRES_URL. It stays there, and goes with the server. */
export class PostgresPlace implements Place {
  readonly address = `torture ${randomUUID()}`

  private constructor() {}

  static async create(): Promise<PostgresPlace> {
    const place = new PostgresPlace()
    const backend = openPostgres(place.address)
    await backend.migrate()
    await backend.close()
    return place
  }

  /** The server goes on with what it was sent, and sees only then that nobody is there any more. */
  async settled(): Promise<void> {
    const client = new pg.Client({ connectionString: serverUrl().href })
    await client.connect()
    try {
      while (await this.#hasSessions(client)) await pause(POLL_MS)
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #hasSessions(client: pg.Client): Promise<boolean> {
    const text = 'SELECT FROM pg_stat_activity WHERE application_name = $1'
    return (await client.query(text, [this.address])).rowCount !== 0
  }
}

/** A backend on a log, whose sessions bear the log's name. */
export function openPostgres(log: string): PostgresBackend {
  const url = serverUrl()
  url.searchParams.set('application_name', log)
  return new PostgresBackend({ connectionString: url.href, log })
}
