import { PostgresServer } from './postgres-server.ts'

/** A server that is there for a while. */
export interface ProvidedServer {
  /** How to connect, as a superuser: `postgres://user:password@host:port/database`. */
  readonly url: string
  /** Ends it, unless it is somebody else's. */
  stop(): Promise<void>
}

/**
 * The server that `AUDIT_POSTGRES_URL` points to, or a new one of our own.
 *
 * @throws Error where there are no programs of PostgreSQL for this platform.
 */
export async function provideServer(): Promise<ProvidedServer> {
  const url = process.env.AUDIT_POSTGRES_URL
  if (url) return { url, stop: async () => {} }
  return PostgresServer.start()
}

/**
 * Provides a server, and sets `AUDIT_POSTGRES_URL` so that this process and all that it starts find it there.
 *
 * @returns what ends the server.
 * @throws Error where there are no programs of PostgreSQL for this platform.
 */
export async function shareServer(): Promise<() => Promise<void>> {
  const server = await provideServer()
  process.env.AUDIT_POSTGRES_URL = server.url
  return () => server.stop()
}

/**
 * How to connect to the server that is shared, as a superuser.
 *
 * @throws Error where none is.
 */
export function serverUrl(): URL {
  const url = process.env.AUDIT_POSTGRES_URL
  if (!url) throw new Error('there is no server: set AUDIT_POSTGRES_URL, or call shareServer()')
  return new URL(url)
}
