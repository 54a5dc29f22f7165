import type { TestProject } from 'vitest/node'
import { provideServer } from './provided-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** How to connect to the server of this run as its superuser. */
    readonly url: string
  }
}

/** A `globalSetup` of vitest: one server for all tests of a package. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideServer()
  project.provide('url', server.url)
  return () => server.stop()
}
