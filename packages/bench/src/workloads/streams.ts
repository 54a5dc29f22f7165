import type { Measurements } from '../measurements.ts'
import type { commands as providerCommands } from '../programs/provider.ts'
import type { commands } from '../programs/streams.ts'
import { Subject } from '../subject.ts'

/** How often the size of the process is taken. */
const LOOKS = 20

type Figure = keyof Awaited<ReturnType<typeof commands.read>>

/** The name of a size of the process, in bytes: after the first tenth of its streams, and later. */
export function streamsOf(figure: Figure, when: 'early' | 'late'): string {
  return `streams/${figure}/${when}`
}

/** One process reads so many recorded streams. */
export async function measureStreams(measurements: Measurements, streams: number): Promise<void> {
  await using provider = new Subject<typeof providerCommands>('provider', [])
  const { oneByOne } = await provider.ask('urls')
  await using reader = new Subject<typeof commands>('streams', [oneByOne])
  for (let look = 1; look <= LOOKS; look++) {
    const { held, resident } = await reader.ask('read', Math.ceil(streams / LOOKS))
    const when = look <= LOOKS / 10 ? 'early' : 'late'
    measurements.add(streamsOf('held', when), held)
    measurements.add(streamsOf('resident', when), resident)
  }
}
