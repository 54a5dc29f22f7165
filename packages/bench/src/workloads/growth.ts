import type { Measurements } from '../measurements.ts'
import type { BackendName } from '../own/backends.ts'
import {
  COUNT_NAMES,
  type CountName,
  QUERY_NAMES,
  type QueryName,
  SUM_NAMES,
  type SumName,
} from '../own/queries.ts'
import type { commands as growCommands } from '../programs/grow.ts'
import type { commands as readCommands } from '../programs/read.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'
import type { Workplace } from '../workplace.ts'
import { CROWD } from './recording.ts'
import { addFigures, measureVerification } from './verification.ts'

/** By which share of its size a log grows at most while it is measured how fast it records. */
const GROWTH = 0.1

/** Names of what is measured of logs of each size. */
export const growthOf = {
  /** Milliseconds; the log of `size` entries, or beside it the small one. */
  query: (backend: BackendName, query: QueryName, size: number, which: 'grown' | 'small' = 'grown') =>
    `growth/${backend}/query/${query}/${size}/${which}`,
  /** Milliseconds that a server takes to answer nothing, in the same turns as that query. */
  roundTrip: (backend: BackendName, query: QueryName, size: number) =>
    `growth/${backend}/round-trip/${query}/${size}`,
  /** Entries a second; the log of `size` entries, or beside it the small one. */
  record: (backend: BackendName, size: number, which: 'grown' | 'small' = 'grown') =>
    `growth/${backend}/record/${size}/${which}`,
  /** How many entries the log had meanwhile, before and after each turn. */
  entries: (backend: BackendName, size: number) => `growth/${backend}/entries/${size}`,
  /** Milliseconds, in the large log. */
  count: (backend: BackendName, filter: CountName) => `growth/${backend}/count/${filter}`,
  /** Milliseconds, likewise. */
  sum: (backend: BackendName, sum: SumName) => `growth/${backend}/sum/${sum}`,
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

/** Whose logs are measured, and where. */
export interface Growing {
  readonly backend: BackendName
  readonly inPlaces: Workplace
  /** Is told what is being measured. */
  readonly say: (what: string) => void
  /** Measures something more of the large log. */
  readonly whenLarge?: (place: string) => Promise<void>
}

/** Fills a log of each size, and looks how fast it still is. What changes its size is measured last. */
export async function measureGrowth(
  measurements: Measurements,
  scale: Scale,
  { backend, inPlaces, say, whenLarge }: Growing,
): Promise<void> {
  for (const size of scale.sizes) {
    say(`${backend}, ${size} entries`)
    await inPlaces(async newPlace => {
      const place = await newPlace()
      const args = [backend, place, String(size), await newPlace(), String(scale.small)]
      await using subject: Grower = new Subject('grow', args)
      const growing = { measurements, scale, backend, size, subject }
      await subject.ask('fill')
      await measureQueries(growing)
      if (size === scale.large) {
        await measureSums(growing)
        await measureReading(growing, place)
        await whenLarge?.(place)
      }
      await measureRate(growing, newPlace)
      await subject.ask('close')
    })
  }
}

type Grower = Subject<typeof growCommands>

/** A log of one size. */
interface Grown {
  readonly measurements: Measurements
  readonly scale: Scale
  readonly backend: BackendName
  readonly size: number
  readonly subject: Grower
}

async function measureQueries({ measurements, scale, backend, size, subject }: Grown): Promise<void> {
  for (const query of QUERY_NAMES) {
    for (let pass = 0; pass <= scale.passes; pass++) {
      const medians = await subject.ask('query', query, scale.queries)
      if (pass === 0) continue
      measurements.add(growthOf.query(backend, query, size, 'small'), medians.small)
      measurements.add(growthOf.query(backend, query, size, 'grown'), medians.grown)
      measurements.add(growthOf.roundTrip(backend, query, size), medians.roundTrip)
    }
  }
}

async function measureSums({ measurements, scale, backend, subject }: Grown): Promise<void> {
  for (const filter of COUNT_NAMES) {
    for (let pass = 0; pass < scale.passes; pass++) {
      measurements.add(growthOf.count(backend, filter), await subject.ask('count', filter))
    }
  }
  for (const sum of SUM_NAMES) {
    for (let pass = 0; pass < scale.passes; pass++) {
      measurements.add(growthOf.sum(backend, sum), await subject.ask('sum', sum))
    }
  }
}

async function measureReading(
  { measurements, scale, backend, subject }: Grown,
  place: string,
): Promise<void> {
  for (let pass = 0; pass < scale.passes; pass++) {
    if (backend === 'memory') {
      measurements.add(growthOf.stream(backend), (await subject.ask('stream')).rate)
      addFigures(measurements, backend, await subject.ask('verify'))
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
    await measureVerification(measurements, backend, place)
  }
}

/** The large log takes turns with the small one. A small log is made anew for each turn, or it would soon be none. */
async function measureRate(
  { measurements, scale, backend, size, subject }: Grown,
  newPlace: () => Promise<string>,
): Promise<void> {
  const turns = scale.rounds + 1
  const taking = size === scale.large ? (['small', 'grown'] as const) : (['grown'] as const)
  for (let round = 0; round < turns; round++) {
    for (const which of taking) {
      const filled = which === 'small' ? scale.small : size
      const isSmall = filled <= scale.small
      if (isSmall) await subject.ask('renew', which, await newPlace())
      const most = Math.ceil((filled * GROWTH) / (isSmall ? 1 : turns))
      const { rate, before, after } = await subject.ask('record', which, CROWD, scale.turn, most)
      if (round === 0) continue // it warms up
      measurements.add(growthOf.record(backend, size, which), rate)
      if (which === 'small') continue
      for (const entries of [before, after]) measurements.add(growthOf.entries(backend, size), entries)
    }
  }
}
