import type { AuditEntry, Selection } from '@audit/core/backend'
import { type Random, seededRandom } from './random.ts'
import { MODELS, USERS } from './sample-entries.ts'

/** How often a value is chosen to match the entry that the selection aims at. */
const FITTING = 0.8

type Choice = (
  aim: AuditEntry,
  log: readonly AuditEntry[],
  random: Random,
  order: Selection['order'],
) => object

const FILTERS: readonly Choice[] = [
  ({ user }, _, random) => ({ user: random.chance(FITTING) ? user : random.pick(USERS) }),
  ({ model }, _, random) => ({ model: random.chance(FITTING) ? model : random.pick(MODELS) }),
  ({ timestamp }, _, random) => ({ since: shifted(timestamp, -random.below(12)) }),
  ({ timestamp }, _, random) => ({ until: shifted(timestamp, random.below(12)) }),
  ({ metadata }, _, random) => ({ metadata: someOf(metadata, random) }),
  ({ index }, log, random) => ({
    size: random.chance(FITTING) ? index + 1 + random.below(20) : random.below(log.length + 3),
  }),
  ({ entryId }, log, random) => ({ entryId: random.chance(FITTING) ? entryId : random.pick(log).entryId }),
]

const PAGES: readonly Choice[] = [
  (_, log, random) => ({
    limit: random.pick([0, 1, 2, 7, log.length, log.length + 1, Number.MAX_SAFE_INTEGER]),
  }),
  ({ timestamp }, log, random, order) => ({
    after: {
      timestamp: shifted(timestamp, order === 'asc' ? -random.below(3) : random.below(3)),
      index: random.below(log.length + 2),
    },
  }),
]

/**
 * A selection for every combination of filters, size, cursor and limit: 512 in all. The values are chosen so that most
 * selections find something.
 */
export function everySelection(
  log: readonly AuditEntry[],
  order: Selection['order'],
  seed: number,
): Selection[] {
  return combinations([...FILTERS, ...PAGES], log, order, seed)
}

/** A selection for every combination of the filters of `count`: 128 in all. */
export function everyFilter(
  log: readonly AuditEntry[],
  order: Selection['order'],
  seed: number,
): Selection[] {
  return combinations(FILTERS, log, order, seed)
}

function combinations(
  choices: readonly Choice[],
  log: readonly AuditEntry[],
  order: Selection['order'],
  seed: number,
): Selection[] {
  const random = seededRandom(seed)
  return Array.from({ length: 2 ** choices.length }, (_, mask) => {
    const aim = random.pick(log)
    const chosen = choices.filter((_, bit) => mask & (1 << bit))
    return Object.assign({ order }, ...chosen.map(choice => choice(aim, log, random, order)))
  })
}

function shifted(timestamp: string, ms: number): string {
  return new Date(Date.parse(timestamp) + ms).toISOString()
}

function someOf(metadata: AuditEntry['metadata'], random: Random): AuditEntry['metadata'] {
  return Object.fromEntries(Object.entries(metadata).filter(() => random.chance(0.6)))
}
