import { provideServer } from '@audit/postgres-server'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** How to connect to the server of this run as its superuser. */
    readonly url: string
  }
}

/** One server for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideServer()
  project.provide('url', server.url)
  return () => server.stop()
}
