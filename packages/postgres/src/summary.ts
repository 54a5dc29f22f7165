import {
  type Cursor,
  compareEntries,
  type GroupKey,
  type GroupValue,
  type JsonObject,
  type JsonValue,
  type Selection,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import type { Database } from './database.ts'
import { sqlStateOf } from './failure.ts'
import type { LogReader } from './log-reader.ts'
import type { SelectionPlan } from './sql/selection-sql.ts'
import { boundarySql, type SummaryRow, summarySql } from './sql/summary-sql.ts'
import { decodeText } from './text.ts'
import { decodeTimestamp } from './timestamp.ts'

/** Fewer cost round trips; more cost memory, or the server's disk. */
const ROWS = 32_768

/** A stored value that nobody has recorded. Reading its entry says which. */
class Damaged extends Error {}

/** How many ranges are summed up at once. */
const AT_ONCE = 2

interface Range {
  /** From where on. */
  readonly plan: SelectionPlan
  /** The last row; `undefined` for all that follow. */
  readonly through: Cursor | undefined
}

/** Sums up one log. */
export class LogSummary {
  readonly #database: Database
  readonly #log: string
  readonly #reader: LogReader
  readonly #rows: number

  /** @param rows how many rows the server sums up at once, so that its memory and ours stay bounded. */
  constructor(database: Database, log: string, reader: LogReader, rows = ROWS) {
    this.#database = database
    this.#log = log
    this.#reader = reader
    this.#rows = rows
  }

  /** The parts of all groups: the server groups and collects, and core's rules add up. */
  async parts(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    const { by } = request
    const selection = { ...request.selection, order: 'asc' as const }
    const plan = await this.#reader.planOf(selection)
    const summarizer = new Summarizer(by)
    if (plan.isExact && selection.entryId === undefined) await this.#addRanges(summarizer, plan, request)
    else await this.#addEntries(summarizer, selection)
    return summarizer.parts()
  }

  /** Adds range by range: the server works on the next while this process adds one up. */
  async #addRanges(summarizer: Summarizer, plan: SelectionPlan, request: SummaryRequest): Promise<void> {
    const answers: Promise<void>[] = []
    try {
      for await (const range of this.#ranges(plan)) {
        const answer = this.#addRange(summarizer, range, request)
        answer.catch(() => {}) // awaited below
        answers.push(answer)
        if (answers.length === AT_ONCE) await answers.shift()
      }
    } finally {
      await Promise.allSettled(answers)
    }
    await Promise.all(answers)
  }

  /** The selection in ranges of some rows each. */
  async *#ranges(plan: SelectionPlan): AsyncGenerator<Range, void, undefined> {
    let after: Cursor | undefined
    for (;;) {
      const rest = { ...plan, selection: { ...plan.selection, ...(after && { after }) } }
      const [row] = await this.#database.rows<{ timestamp: string; index: string }>(
        boundarySql(this.#log, rest, this.#rows),
      )
      const through = row && { timestamp: decodeTimestamp(row.timestamp), index: Number(row.index) }
      yield { plan: rest, through }
      if (!through) return
      after = through
    }
  }

  async #addRange(summarizer: Summarizer, { plan, through }: Range, request: SummaryRequest): Promise<void> {
    const { by, countsOnly } = request
    const parts = await this.#sums(plan, { by, countsOnly, through })
    if (parts) for (const part of parts) summarizer.merge(part)
    else await this.#addEntries(summarizer, plan.selection, through)
  }

  /** The parts of a range; `undefined` if its entries must be read one by one. */
  async #sums(
    plan: SelectionPlan,
    request: Parameters<typeof summarySql>[2],
  ): Promise<SummaryPart[] | undefined> {
    try {
      const rows = await this.#database.rows<SummaryRow>(summarySql(this.#log, plan, request))
      if (rows.some(({ odd }) => odd === 't')) return undefined
      return rows.map(row => partOf(row, request.by))
    } catch (error) {
      const isDamaged = error instanceof Damaged || sqlStateOf(error)?.startsWith('22') // metadata that is no JSON
      if (isDamaged) return undefined
      throw error
    }
  }

  async #addEntries(summarizer: Summarizer, selection: Selection, through?: Cursor): Promise<void> {
    let after = selection.after
    for (;;) {
      const page = await this.#reader.find({ ...selection, ...(after && { after }) })
      for (const entry of page) {
        if (through && compareEntries(entry, through) > 0) return
        summarizer.add(entry)
      }
      if (!page.isPartial) return
      after = page.at(-1)
    }
  }
}

function partOf(row: SummaryRow, by: readonly GroupKey[]): SummaryPart {
  const first = decodeTimestamp(row.first)
  const summarizer = new Summarizer([])
  const common = { timestamp: first, user: '', model: '', costUsd: null, latencyMs: null, metadata: {} }
  for (const latencyMs of amountsOf(row.latencies)) summarizer.add({ ...common, latencyMs })
  for (const metadata of objectsOf(row.metadata)) summarizer.add({ ...common, metadata })
  const [figures] = summarizer.parts()
  if (!figures) throw new Damaged() // there is one group, also of no entry
  const costs = amountsOf(row.costs)
  const count = Number(row.count)
  const values = by.map((key, i) => groupValueOf(key, row[`g${i}`] ?? null))
  const costUnknown = count - costs.length
  return { ...figures, values, count, costs, costUnknown, first, last: decodeTimestamp(row.last) }
}

function groupValueOf(key: GroupKey, stored: string | null): GroupValue {
  switch (key) {
    case 'user':
    case 'model':
      return decodedText(stored ?? '')
    case 'hour':
    case 'day':
    case 'month':
      return startOf(key, decodeTimestamp(stored ?? ''))
    default:
      return stored === null ? undefined : parsed(stored)
  }
}

function decodedText(stored: string): string {
  const text = decodeText(stored)
  if (text === undefined) throw new Damaged()
  return text
}

/** The value of a group by time, as core spells it, from its first instant. */
function startOf(key: GroupKey, timestamp: string): GroupValue {
  const summarizer = new Summarizer([key])
  summarizer.add({ timestamp, user: '', model: '', costUsd: null, latencyMs: null, metadata: {} })
  return summarizer.parts()[0]?.values[0]
}

function amountsOf(hex: string | null): readonly number[] {
  const bytes = Buffer.from(hex ?? '', 'hex')
  return Array.from({ length: bytes.length / 8 }, (_, i) => {
    const amount = bytes.readDoubleBE(i * 8)
    if (amount >= 0 && amount < Number.POSITIVE_INFINITY && !Object.is(amount, -0)) return amount
    throw new Damaged()
  })
}

function objectsOf(joined: string | null): readonly JsonObject[] {
  return joined === null ? [] : (parsed(`[${joined}]`) as unknown as readonly JsonObject[]) // canonical objects
}

function parsed(json: string): JsonValue {
  try {
    return JSON.parse(json)
  } catch {
    throw new Damaged()
  }
}
