import { inDatabases, poolOn } from '../databases.ts'
import { urlBehind } from '../delay/url-behind.ts'
import { type Measurements, quantile } from '../measurements.ts'
import type { commands as crowdCommands } from '../programs/crowd.ts'
import type { Scale } from '../scale.ts'
import { Subject } from '../subject.ts'

/** How many callers each process has. */
export const CALLERS = 16

const ROUND_TRIPS = 50

/** Names of what is measured while processes record into one log, by how many they are and how far the server is. */
export const processesOf = {
  /** Entries a second, of all together. */
  rate: (processes: number, delay: number) => `processes/${processes}/${delay}/rate`,
  /** Entries a commit. */
  batch: (processes: number, delay: number) => `processes/${processes}/${delay}/batch`,
  /** Milliseconds until a call of `record` resolved. */
  latency: (processes: number, delay: number, figure: 'median' | 'p99') =>
    `processes/${processes}/${delay}/latency/${figure}`,
  /** Calls that were acknowledged, in all rounds. */
  acknowledged: (processes: number, delay: number) => `processes/${processes}/${delay}/acknowledged`,
  /** Calls that rejected, and acknowledged entries that are not there or not in their place. */
  wrong: (processes: number, delay: number) => `processes/${processes}/${delay}/wrong`,
  /** Milliseconds that the server takes to answer nothing, as one of the processes sees it. */
  roundTrip: (delay: number) => `processes/${delay}/round-trip`,
}

/** Lets one process, and several, record into one log each, in turns; at each distance of the server. */
export async function measureProcesses(
  measurements: Measurements,
  scale: Scale,
  say: (what: string) => void,
): Promise<void> {
  for (const delay of scale.delays) {
    say(`${scale.processes.join(', ')} processes, ${delay} ms`)
    await inDatabases(async newDatabase => {
      await using subjects = new AsyncDisposableStack()
      const url = await urlBehind(delay, subjects)
      const crowds: Crowd[] = []
      for (const processes of scale.processes) {
        crowds.push(new Crowd(measurements, await newDatabase(), url, processes, delay, subjects))
      }
      for (let round = 0; round <= scale.passes; round++) {
        for (const crowd of round % 2 === 0 ? crowds : crowds.toReversed()) {
          await crowd.record(scale.turn, round > 0) // the first round warms up
        }
      }
      for (const crowd of crowds) await crowd.check()
    })
  }
}

/** Processes that record into one log. */
class Crowd {
  readonly #measurements: Measurements
  readonly #database: string
  readonly #processes: number
  readonly #delay: number
  readonly #writers: readonly Subject<typeof crowdCommands>[]
  #acknowledged = 0
  #failures = 0

  constructor(
    measurements: Measurements,
    database: string,
    url: string,
    processes: number,
    delay: number,
    subjects: AsyncDisposableStack,
  ) {
    this.#measurements = measurements
    this.#database = database
    this.#processes = processes
    this.#delay = delay
    this.#writers = Array.from({ length: processes }, () =>
      subjects.use(new Subject('crowd', [database], { AUDIT_POSTGRES_URL: url })),
    )
  }

  async record(milliseconds: number, counts: boolean): Promise<void> {
    const turns = await Promise.all(this.#writers.map(writer => writer.ask('record', CALLERS, milliseconds)))
    const latencies = turns.flatMap(turn => turn.latencies)
    this.#acknowledged += latencies.length
    this.#failures += turns.reduce((sum, { failures }) => sum + failures, 0)
    const trips = (await this.#writers[0]?.ask('roundTrips', ROUND_TRIPS)) ?? []
    if (!counts) return
    this.#add(
      processesOf.rate,
      turns.reduce((sum, { rate }) => sum + rate, 0),
    )
    const latencyOf = (share: number) => quantile(latencies, share)
    this.#measurements.add(processesOf.latency(this.#processes, this.#delay, 'median'), latencyOf(0.5))
    this.#measurements.add(processesOf.latency(this.#processes, this.#delay, 'p99'), latencyOf(0.99))
    this.#measurements.add(processesOf.roundTrip(this.#delay), quantile(trips, 0.5))
  }

  /** Whether all that was acknowledged is there, without gaps. Each commit has a transaction id of its own. */
  async check(): Promise<void> {
    for (const writer of this.#writers) await writer.ask('close')
    const { rows } = await poolOn(this.#database).query<{ readonly [column: string]: string }>(
      `SELECT count(*) AS count, coalesce(max(index) + 1, 0) AS next, count(DISTINCT xmin::text) AS commits
       FROM audit.entries`,
    )
    const [{ count = 0, next = 0, commits = 0 } = {}] = rows
    const wrong = Math.abs(this.#acknowledged - Number(count)) + Math.abs(Number(next) - Number(count))
    this.#add(processesOf.wrong, this.#failures + wrong)
    this.#add(processesOf.acknowledged, this.#acknowledged)
    this.#add(processesOf.batch, Number(count) / Number(commits))
  }

  #add(name: (processes: number, delay: number) => string, value: number): void {
    this.#measurements.add(name(this.#processes, this.#delay), value)
  }
}
