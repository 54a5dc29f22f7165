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
import type { Figures, Overview, TopUsers } from './contract.ts'
import { Tally } from './tally.ts'

/** More days are shown as months. */
const MOST_DAYS = 120
const TOP_USERS = 10
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

  /** The entries that match, by time and by model. Throws AuditError `AUDIT_INVALID_QUERY`, and what `log.summarize` throws. */
  async overview(filter: Filter): Promise<Overview> {
    const size = await this.#log.count()
    const parts = await this.#tally(filter, ['day', 'model']).parts(size)
    const days = parts.map(({ values: [day] }) => String(day)).toSorted()
    const step = daysBetween(days[0], days.at(-1)) > MOST_DAYS ? 'month' : 'day'
    const periodOf = (day: GroupValue) => (step === 'month' ? String(day).slice(0, 'yyyy-mm'.length) : day)
    const total = groups(parts, [], () => [])[0]
    return {
      size,
      step,
      total: figuresOf(total ?? NONE),
      periods: groups(parts, ['period'], ([day]) => [periodOf(day)]).map(group => ({
        period: String(group.period),
        ...figuresOf(group),
      })),
      models: groups(parts, ['model'], ([, model]) => [model])
        .map(group => ({ model: String(group.model), ...figuresOf(group) }))
        .toSorted((a, b) => b.count - a.count),
      cells: groups(parts, ['period', 'model'], ([day, model]) => [periodOf(day), model]).map(
        ({ period, model, count, costUsd, costUnknown }) => ({
          period: String(period),
          model: String(model),
          count,
          costUsd,
          costUnknown,
        }),
      ),
    }
  }

  /** The users with the most calls among the entries that match. Throws like `overview`. */
  async topUsers(filter: Filter): Promise<TopUsers> {
    await this.overview(filter) // it is looked at first, and counting both at once would make it wait
    const parts = await this.#tally(filter, ['user']).parts(await this.#log.count())
    const top = parts.toSorted((a, b) => b.count - a.count).slice(0, TOP_USERS)
    const users = summaryGroups(top, ['user']).map(group => ({
      user: String(group.user),
      ...figuresOf(group),
    }))
    return { users: users.toSorted((a, b) => b.count - a.count), total: parts.length }
  }

  #tally(filter: Filter, by: readonly GroupKey[]): Tally {
    const selection = selectionOfFilter(filter)
    const key = JSON.stringify([by, selection])
    const tally = this.#tallies.get(key) ?? new Tally(this.#log, this.#backend, selection, by)
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

/** Parts by other, coarser values. */
function groups<Key extends string>(
  parts: readonly SummaryPart[],
  by: readonly Key[],
  valuesOf: (values: readonly GroupValue[]) => readonly GroupValue[],
) {
  const summarizer = new Summarizer(by)
  for (const part of parts) summarizer.merge({ ...part, values: valuesOf(part.values) })
  return summaryGroups(summarizer.parts(), by)
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
