import { afterAll } from 'vitest'
import { ProviderServer } from './provider/provider-server.ts'

/** A stand-in for the providers of models that is there for the tests of a file. */
export async function providerServer(): Promise<ProviderServer> {
  const server = await ProviderServer.start()
  afterAll(() => server.stop())
  return server
}
