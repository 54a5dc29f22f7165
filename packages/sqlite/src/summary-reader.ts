import {
  type GroupValue,
  type JsonObject,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import type { IndexChoice } from './index-choice.ts'
import { INDEXED_CHARACTERS } from './metadata-index.ts'
import type { ReadableDatabase } from './readable-database.ts'
import { type EntryRange, isEverything, reachSql } from './selection-sql.ts'
import type { Statements } from './statements.ts'
import { damaged, isAmount, metadataOf } from './stored-row.ts'
import {
  type GroupIndex,
  groupIndexFor,
  longValueSql,
  SUMMARIZE_ENTRY,
  summarySql,
  valueCountsSql,
} from './summary-sql.ts'

/** Reading more entries takes so long that other queries should not wait for it: some tens of milliseconds. */
const FEW_ENTRIES = 10_000
/** A statement reads this many rows, so that a long summary does not hold up the checkpoints of the write-ahead log. */
const ROWS_AT_ONCE = 100_000
/** The same for entries that are only counted in an index. */
const FEW_COUNTED = 100_000
const NO_METADATA: JsonObject = {}
/** The part of a group of which only the count is known. */
const NOTHING: Omit<SummaryPart, 'values' | 'count'> = {
  costs: [],
  costUnknown: 0,
  tokens: [],
  latencies: [],
  latencyMax: 0,
  statuses: [],
  first: null,
  last: null,
}

/** Sums up entries beside their rows. SQLite passes each of them to a function, so that none is kept. */
export class SummaryReader {
  readonly #statements: Statements
  readonly #choice: IndexChoice
  /** The summary in progress. */
  #summarizer = new Summarizer([])

  constructor(database: ReadableDatabase, statements: Statements, choice: IndexChoice) {
    this.#statements = statements
    this.#choice = choice
    const options = { deterministic: false, directOnly: true }
    const add = (
      user: unknown,
      model: unknown,
      timestamp: unknown,
      cost: unknown,
      latency: unknown,
      json: unknown,
    ) => this.#add(user, model, timestamp, cost, latency, json)
    database.function(SUMMARIZE_ENTRY, options, add)
  }

  /** Whether a summary reads more than a few entries. */
  isLong(request: SummaryRequest): boolean {
    const limit = this.#groupIndex(request) ? FEW_COUNTED : FEW_ENTRIES
    const key = this.#choice.narrowestKey(request.selection)
    return this.#statements.number(reachSql(request.selection, limit, key)) === limit
  }

  /** Sums up the entries of a selection that lie in a range of indexes. */
  summarize(request: SummaryRequest, range: EntryRange): readonly SummaryPart[] {
    this.#summarizer = new Summarizer(request.by)
    const group = this.#groupIndex(request)
    if (group) return this.#counts(group, request, range)
    this.#addRows(request, range)
    return this.#summarizer.parts()
  }

  #groupIndex(request: SummaryRequest): GroupIndex | undefined {
    return groupIndexFor(request, () => this.#choice.keys())
  }

  #addRows(request: SummaryRequest, [start, end]: EntryRange): void {
    const key = this.#choice.narrowestKey(request.selection)
    const step = key === undefined && isEverything(request.selection) ? ROWS_AT_ONCE : end - start
    for (let from = start; from < end; from += step)
      this.#statements.number(summarySql(request, [from, Math.min(from + step, end)], key))
  }

  #counts(group: GroupIndex, request: SummaryRequest, range: EntryRange): readonly SummaryPart[] {
    const { text, values } = valueCountsSql(group, request.selection, range)
    const rows = this.#statements
      .of(text)
      .raw()
      .all(...values) as [indexed: unknown, count: number][] // its columns
    const whole: SummaryPart[] = []
    for (const [indexed, count] of rows) {
      const isCut = group.isMetadata && typeof indexed === 'string' && indexed.length >= INDEXED_CHARACTERS
      if (isCut) this.#statements.number(longValueSql(group, request, range, indexed))
      else whole.push({ ...NOTHING, values: [groupValueOf(indexed, group.isMetadata)], count })
    }
    return [...whole, ...this.#summarizer.parts()]
  }

  #add(
    user: unknown,
    model: unknown,
    timestamp: unknown,
    costUsd: unknown,
    latencyMs: unknown,
    json: unknown,
  ): number {
    if (typeof user !== 'string' || typeof model !== 'string' || typeof timestamp !== 'string')
      throw damaged(undefined, 'has something else for a text')
    if (!isAmount(costUsd) || !isAmount(latencyMs))
      throw damaged(undefined, 'has something else for a number')
    const metadata = json === null ? NO_METADATA : metadataOf(json)
    this.#summarizer.add({ user, model, timestamp, costUsd, latencyMs, metadata })
    return 1
  }
}

/** The value of a group by what an index has of it: a text, or the JSON of any value. */
function groupValueOf(indexed: unknown, isMetadata: boolean): GroupValue {
  if (isMetadata && indexed === null) return undefined
  if (typeof indexed !== 'string') throw damaged(undefined, 'has something else for a text')
  return isMetadata ? JSON.parse(indexed) : indexed
}
