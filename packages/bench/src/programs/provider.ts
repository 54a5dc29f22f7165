import { ProviderServer } from '@audit/harness'
import { serve } from '../subject.ts'

// A stand-in for a provider of models, which answers at once and repeats what it is asked.

const server = await ProviderServer.start()
const urls = { oneByOne: server.scene('fine').url, atOnce: server.scene('gzip').url }

export const commands = serve({
  /** Where the events of a stream come one by one, and where all of them come at once. */
  urls: () => urls,
})
