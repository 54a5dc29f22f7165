import type { AuditLog, Filter } from '@audit/core'
import {
  type AuditBackend,
  type GroupKey,
  type GroupValue,
  Summarizer,
  type SummaryFigures,
  type SummaryPart,
  selectionOfFilter,
  summaryGroups,
} from '@audit/core/backend'
import { type Calls, countsCallsAlone, INTENT_KEY, withoutIntents } from '../stats/calls.ts'
import type { Cell, Figures, Overview, TopUsers } from './contract.ts'
import { Tally } from './tally.ts'

/** More days are shown as months. */
const MOST_DAYS = 120
const TOP_USERS = 10
/** So many users have a colour of their own in the chart of what they cost. */
const TOP_SPENDERS = 6
/** How many filters' sums are kept. */
const KEPT_TALLIES = 16

/** What the overview shows, from sums that are kept and grow with the log. */
export class Overviews {
  readonly #log: AuditLog
  readonly #backend: AuditBackend
  /** The one that was used last is at the end. */
  readonly #tallies = new Map<string, Tally>()

  constructor(log: AuditLog, backend: AuditBackend) {
    this.#log = log
    this.#backend = backend
  }

  /** The calls that match, by time and by model. Throws AuditError `AUDIT_INVALID_QUERY`, and what `log.summarize` throws. */
  async overview(filter: Filter): Promise<Overview> {
    const size = await this.#log.count()
    const { calls: parts, intents } = await this.#calls(filter, ['day', 'model'], size)
    const days = parts.map(({ values: [day] }) => String(day)).toSorted()
    const step = daysBetween(days[0], days.at(-1)) > MOST_DAYS ? 'month' : 'day'
    const periodOf = (day: GroupValue) => (step === 'month' ? String(day).slice(0, 'yyyy-mm'.length) : day)
    const [total] = groups(parts, [], () => [])
    return {
      size,
      step,
      total: figuresOf(total ?? NONE),
      intents,
      periods: groups(parts, ['period'], ([day]) => [periodOf(day)]).map(group => ({
        period: String(group.period),
        ...figuresOf(group),
      })),
      models: groups(parts, ['model'], ([, model]) => [model])
        .map(group => ({ model: String(group.model), ...figuresOf(group) }))
        .toSorted((a, b) => b.count - a.count),
      cells: cellsOf(parts, ([day, model]) => [periodOf(day), model]),
    }
  }

  /** How many entries have which status, intents too: the list of entries has them. Throws what `log.summarize` throws. */
  async statuses(): Promise<Figures['status']> {
    const parts = await this.#tally({}, ['day', 'model']).parts(await this.#log.count())
    const [total] = groups(parts, [], () => [])
    return figuresOf(total ?? NONE).status
  }

  /** The users with the most calls, and what they cost, among the entries that match. Throws like `overview`. */
  async topUsers(filter: Filter): Promise<TopUsers> {
    await this.overview(filter) // it is looked at first, and counting both at once would make it wait
    const { calls: parts } = await this.#calls(filter, ['user', 'month'], await this.#log.count())
    const users = merged(parts, ['user'], ([user]) => [user])
    const top = users.toSorted((a, b) => b.count - a.count).slice(0, TOP_USERS)
    const spenders = users.toSorted((a, b) => costOf(b) - costOf(a)).slice(0, TOP_SPENDERS)
    const names = new Set(spenders.map(({ values: [user] }) => String(user)))
    return {
      users: summaryGroups(top, ['user'])
        .map(group => ({ user: String(group.user), ...figuresOf(group) }))
        .toSorted((a, b) => b.count - a.count),
      total: users.length,
      spenders: [...names],
      cells: cellsOf(parts, ([user, month]) => [month, names.has(String(user)) ? user : null]),
    }
  }

  /** The parts of calls, by values alone that were asked for, and how many entries of intents were left out. */
  async #calls(filter: Filter, by: readonly GroupKey[], size: number): Promise<Calls<SummaryPart>> {
    const all = await this.#tally(filter, by).parts(size)
    const { calls, intents } = countsCallsAlone([], filter)
      ? withoutIntents(all, ({ values: [intent] }) => intent)
      : { calls: all, intents: 0 }
    return { calls: calls.map(part => ({ ...part, values: part.values.slice(1) })), intents }
  }

  /** Its parts are by `INTENT_KEY` first, then by what is given. */
  #tally(filter: Filter, by: readonly GroupKey[]): Tally {
    const selection = selectionOfFilter(filter)
    const key = JSON.stringify([by, selection])
    const tally =
      this.#tallies.get(key) ?? new Tally(this.#log, this.#backend, selection, [INTENT_KEY, ...by])
    this.#tallies.delete(key)
    this.#tallies.set(key, tally)
    const [oldest] = this.#tallies.keys()
    if (oldest !== undefined && this.#tallies.size > KEPT_TALLIES) this.#tallies.delete(oldest)
    return tally
  }
}

function daysBetween(first = '', last = ''): number {
  return (Date.parse(last) - Date.parse(first)) / 86_400_000
}

/** Finds the values of a coarser group in those of a part. */
type ValuesOf = (values: readonly GroupValue[]) => readonly GroupValue[]

/** Parts by other, coarser values. */
function merged(
  parts: readonly SummaryPart[],
  by: readonly GroupKey[],
  valuesOf: ValuesOf,
): readonly SummaryPart[] {
  const summarizer = new Summarizer(by)
  for (const part of parts) summarizer.merge({ ...part, values: valuesOf(part.values) })
  return summarizer.parts()
}

function groups(parts: readonly SummaryPart[], by: readonly GroupKey[], valuesOf: ValuesOf) {
  return summaryGroups(merged(parts, by, valuesOf), by)
}

/** @param valuesOf finds the period and the name. */
function cellsOf(parts: readonly SummaryPart[], valuesOf: ValuesOf): readonly Cell[] {
  return groups(parts, ['period', 'name'], valuesOf).map(({ period, name, count, costUsd, costUnknown }) => ({
    period: String(period),
    name: typeof name === 'string' ? name : null,
    count,
    costUsd,
    costUnknown,
  }))
}

/** What a group cost, nearly: to put groups in order. */
function costOf({ costs }: SummaryPart): number {
  return costs.reduce((sum, cost) => sum + cost, 0)
}

const NONE: SummaryFigures = {
  count: 0,
  costUsd: 0,
  costUnknown: 0,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  latencyMs: null,
  status: {},
  first: null,
  last: null,
}

function figuresOf({
  count,
  costUsd,
  costUnknown,
  tokens,
  latencyMs,
  status,
  first,
  last,
}: SummaryFigures): Figures {
  const statuses = Object.entries(status).map(([name, { count }]): [string, number] => [name, count])
  return { count, costUsd, costUnknown, tokens, latencyMs, status: Object.fromEntries(statuses), first, last }
}
