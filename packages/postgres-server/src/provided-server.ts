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
