import { provideServer } from '@audit/postgres-server'

/**
 * Starts a PostgreSQL server, unless AUDIT_POSTGRES_URL says where one is, and says so there to this process and to all
 * that it starts. Gives what ends it.
 */
export async function shareServer(): Promise<() => Promise<void>> {
  const server = await provideServer()
  process.env.AUDIT_POSTGRES_URL = server.url
  return () => server.stop()
}
