import type { Measurements } from '../measurements.ts'
import type { BackendName } from '../own/backends.ts'
import { COUNT_NAMES, type CountName, QUERY_NAMES, type QueryName } from '../own/queries.ts'
import type { commands as growCommands } from '../programs/grow.ts'
import type { commands as readCommands } from '../programs/read.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import type { Workplace } from '../workplace.ts'
import { CROWD } from './recording.ts'

/** Names of what is measured while a log grows. */
export const growthOf = {
  /** Milliseconds; the log of `size` entries, or beside it the small one. */
  query: (backend: BackendName, query: QueryName, size: number, which: 'grown' | 'small' = 'grown') =>
    `growth/${backend}/query/${query}/${size}/${which}`,
  /** Milliseconds that a server takes to answer nothing, in the same turns as that query. */
  roundTrip: (backend: BackendName, query: QueryName, size: number) =>
    `growth/${backend}/round-trip/${query}/${size}`,
  /** Entries a second; the log of `size` entries, or beside it the empty one. */
  record: (backend: BackendName, size: number, which: 'grown' | 'empty' = 'grown') =>
    `growth/${backend}/record/${size}/${which}`,
  /** Milliseconds, in the large log. */
  count: (backend: BackendName, filter: CountName) => `growth/${backend}/count/${filter}`,
  /** Entries a second, from the large log. */
  stream: (backend: BackendName) => `growth/${backend}/stream`,
  /** Bytes by which the process grew meanwhile. */
  streamGrowth: (backend: BackendName) => `growth/${backend}/stream-growth`,
  /** Seconds until the large log is open. */
  open: (backend: BackendName) => `growth/${backend}/open`,
  /** Bytes a second. */
  openSpeed: (backend: BackendName) => `growth/${backend}/open-speed`,
  /** Resident bytes an entry, once it is open. */
  resident: (backend: BackendName) => `growth/${backend}/resident`,
}

/** Whose log grows, and where. */
export interface Growing {
  readonly backend: BackendName
  readonly inPlaces: Workplace
  /** Is told what is being measured. */
  readonly say: (what: string) => void
  /** Measures something more of the large log. */
  readonly whenLarge?: (place: string) => Promise<void>
}

/** Lets a log grow, and looks at each size how fast it still is. */
export async function measureGrowth(
  measurements: Measurements,
  scale: Scale,
  { backend, inPlaces, say, whenLarge }: Growing,
): Promise<void> {
  await inPlaces(async newPlace => {
    const place = await newPlace()
    const largest = Math.max(...scale.sizes)
    const places = [place, await newPlace(), await newPlace()]
    await using subject = new Subject<typeof growCommands>('grow', [backend, ...places, String(largest)])
    await subject.ask('fill', 'small', scale.small)
    for (const size of scale.sizes) {
      say(`${backend}, ${size} entries`)
      await subject.ask('fill', 'grown', size)
      await measureQueries(measurements, scale, backend, size, subject)
      if (size === scale.large) {
        await measureReading(measurements, scale, backend, place, subject)
        await whenLarge?.(place)
      }
      await measureRate(measurements, scale, backend, size, subject)
    }
    await subject.ask('close')
  })
}

type Grower = Subject<typeof growCommands>

async function measureQueries(
  measurements: Measurements,
  { queries, passes }: Scale,
  backend: BackendName,
  size: number,
  subject: Grower,
): Promise<void> {
  for (const query of QUERY_NAMES) {
    for (let pass = 0; pass <= passes; pass++) {
      const medians = await subject.ask('query', query, queries)
      if (pass === 0) continue
      measurements.add(growthOf.query(backend, query, size, 'small'), medians.small)
      measurements.add(growthOf.query(backend, query, size, 'grown'), medians.grown)
      measurements.add(growthOf.roundTrip(backend, query, size), medians.roundTrip)
    }
  }
}

async function measureRate(
  measurements: Measurements,
  { rounds, turn }: Scale,
  backend: BackendName,
  size: number,
  subject: Grower,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const which of ['empty', 'grown'] as const) {
      const rate = await subject.ask('record', which, CROWD, turn)
      if (round > 0) measurements.add(growthOf.record(backend, size, which), rate)
    }
  }
}

async function measureReading(
  measurements: Measurements,
  { passes }: Scale,
  backend: BackendName,
  place: string,
  subject: Grower,
): Promise<void> {
  for (const filter of COUNT_NAMES) {
    for (let pass = 0; pass < passes; pass++) {
      measurements.add(growthOf.count(backend, filter), await subject.ask('count', filter))
    }
  }
  for (let pass = 0; pass < passes; pass++) {
    if (backend === 'memory') {
      measurements.add(growthOf.stream(backend), (await subject.ask('stream')).rate)
      continue
    }
    await using reader = new Subject<typeof readCommands>('read', [backend, place])
    const { seconds, speed, resident } = await reader.ask('open')
    measurements.add(growthOf.open(backend), seconds)
    measurements.add(growthOf.openSpeed(backend), speed)
    measurements.add(growthOf.resident(backend), resident)
    const { rate, growth } = await reader.ask('stream')
    measurements.add(growthOf.stream(backend), rate)
    measurements.add(growthOf.streamGrowth(backend), growth)
    await reader.ask('close')
  }
}
