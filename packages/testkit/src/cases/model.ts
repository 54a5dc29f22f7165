import assert from 'node:assert/strict'
import type { AuditBackend, AuditEntry, Selection } from '@audit/core/backend'
import type { Area } from '../case.ts'
import { expectEntries, expectFound, expectLog } from '../expect-entries.ts'
import { oracle } from '../oracle.ts'
import type { Place } from '../place.ts'
import { type Random, seededRandom } from '../random.ts'
import { entryOf, instant, leavesOf, MODELS, placed, USERS } from '../sample-entries.ts'

const SEEDS = [1, 2, 3, 4, 5]
const STEPS = 60
/** The case opens a store some fifty times: 5 s in SQLite on two busy cores. */
const REOPENING_FACTOR = 12

/** What the log should hold, and the instances that hold it. */
interface Model {
  readonly place: Place
  readonly log: AuditEntry[]
  readonly instances: AuditBackend[]
}

type Step = (model: Model, random: Random) => Promise<void>

export const model: Area = {
  name: 'a model of the log',
  cases: [
    {
      id: 'model.any-order',
      title: 'random calls in random order are each answered as an array would answer',
      run: place => compare(place, 1, [append, append, find, countMatches, read]),
    },
    {
      id: 'model.reopening',
      title: 'the same with the instance closed and reopened in between',
      needs: ['persistence'],
      timeoutFactor: REOPENING_FACTOR,
      run: place => compare(place, 1, [append, append, find, countMatches, read, reopen]),
    },
    {
      id: 'model.several-instances',
      title: 'the same with several instances that take turns',
      needs: ['sharing', 'persistence'],
      timeoutFactor: REOPENING_FACTOR,
      run: place => compare(place, 3, [append, append, find, countMatches, read, reopen]),
    },
  ],
}

/** Takes random steps on one log, with this many instances. */
async function compare(place: Place, count: number, steps: readonly Step[]): Promise<void> {
  const model: Model = { place, log: [], instances: [] }
  while (model.instances.length < count) model.instances.push(await place.open())
  for (const seed of SEEDS) {
    const random = seededRandom(seed)
    for (let i = 0; i < STEPS; i++) await random.pick(steps)(model, random)
  }
  for (const instance of model.instances) await expectLog(instance, model.log)
}

const append: Step = async ({ log, instances }, random) => {
  const entries = Array.from({ length: 1 + random.below(4) }, () =>
    entryOf({ user: random.pick(USERS), model: random.pick(MODELS), timestamp: instant(random.below(40)) }),
  )
  assert.equal(await random.pick(instances).append(leavesOf(entries)), log.length, 'the index of the first')
  log.push(...placed(entries, log.length))
}

const find: Step = ({ log, instances }, random) => {
  const limit = random.chance(0.5) ? { limit: random.below(6) } : {}
  return expectFound(random.pick(instances), log, { ...filter(random), ...limit })
}

const countMatches: Step = async ({ log, instances }, random) => {
  const selection = filter(random)
  assert.equal(await random.pick(instances).count(selection), oracle(log, selection).length, 'count()')
}

const read: Step = async ({ log, instances }, random) => {
  const start = random.below(log.length + 2)
  const end = start + random.below(20)
  expectEntries(
    await random.pick(instances).read(start, end),
    log.slice(start, end),
    `read(${start}, ${end})`,
  )
}

const reopen: Step = async ({ place, instances }, random) => {
  const i = random.below(instances.length)
  const [instance] = instances.slice(i)
  if (instance) instances[i] = await place.reopen(instance)
}

function filter(random: Random): Selection {
  return {
    ...(random.chance(0.4) && { user: random.pick(USERS) }),
    ...(random.chance(0.4) && { model: random.pick(MODELS) }),
    ...(random.chance(0.3) && { since: instant(random.below(40)) }),
    ...(random.chance(0.3) && { until: instant(random.below(40)) }),
    order: random.pick(['asc', 'desc']),
  }
}
