import type { Measurements } from '../measurements.ts'
import type { commands as providerCommands } from '../programs/provider.ts'
import type { commands } from '../programs/streams.ts'
import { Subject } from '../subject.ts'

/** How often the size of the process is taken. */
const LOOKS = 20

type Figure = keyof Awaited<ReturnType<typeof commands.read>>

/** The name of a size of the process, in bytes: in the first half of its streams, or in the second. */
export function streamsOf(figure: Figure, half: 'first' | 'second'): string {
  return `streams/${figure}/${half}`
}

/** One process reads so many recorded streams. */
export async function measureStreams(measurements: Measurements, streams: number): Promise<void> {
  await using provider = new Subject<typeof providerCommands>('provider', [])
  const { oneByOne } = await provider.ask('urls')
  await using reader = new Subject<typeof commands>('streams', [oneByOne])
  for (let look = 1; look <= LOOKS; look++) {
    const { held, resident } = await reader.ask('read', Math.ceil(streams / LOOKS))
    const half = look <= LOOKS / 2 ? 'first' : 'second'
    measurements.add(streamsOf('held', half), held)
    measurements.add(streamsOf('resident', half), resident)
  }
}
