import { canonicalJson } from '../entry/canonical-json.ts'
import type { EntryFields } from '../entry/fields.ts'
import type { JsonValue } from '../entry/json.ts'
import { parseSpan } from '../entry/timestamp.ts'
import { withoutPrototype } from '../options.ts'
import type { Selection } from '../query/selection.ts'
import { figuresOf } from '../summary/entry-figures.ts'
import type { GroupKey } from '../summary/group-key.ts'
import type { SummarizedFields } from '../summary/summarizer.ts'
import { STATUS_KEY, type SummaryRequest, TOKEN_KEYS } from '../summary/summary-part.ts'
import { Column } from './column.ts'
import { FigureColumns } from './figure-columns.ts'
import { type GroupColumn, timeColumn, valueColumn } from './group-column.ts'
import { IdTable } from './id-table.ts'
import { IndexSummary } from './index-summary.ts'
import { TimeOrder } from './time-order.ts'
import { NO_VALUE, ValueIndex } from './value-index.ts'

/**
 * What the index needs of an entry: `indexedFieldsOf` takes it from one. Of the metadata it needs the named keys, and those
 * that summaries read.
 */
export type IndexedFields = Pick<
  EntryFields,
  'entryId' | 'timestamp' | 'user' | 'model' | 'costUsd' | 'latencyMs' | 'metadata'
>

/** What `new EntryIndex` takes. */
export interface EntryIndexOptions {
  /** Keys of the metadata by whose values entries are found: see `metadataIndexesFrom`. Default: none. */
  readonly metadataIndexes?: readonly string[]
}

/** What summaries read of the metadata. */
const SUMMARY_KEYS = [...TOKEN_KEYS, STATUS_KEY]

/** What the index needs of an entry, without the rest of its metadata: for an index in another thread. */
export function indexedFieldsOf(entry: IndexedFields, metadataIndexes: readonly string[]): IndexedFields {
  const { entryId, timestamp, user, model, costUsd, latencyMs, metadata } = entry
  const needed: [string, JsonValue][] = []
  for (const key of [...SUMMARY_KEYS, ...metadataIndexes]) {
    if (Object.hasOwn(metadata, key)) needed.push([key, metadata[key] ?? null])
  }
  // `fromEntries` makes own properties of keys such as __proto__.
  return { entryId, timestamp, user, model, costUsd, latencyMs, metadata: Object.fromEntries(needed) }
}

/**
 * Finds entries by id, user, model, time and keys of their metadata, and sums them up, without holding them: for backends
 * without a query engine. It takes 70 to 80 bytes per entry and, for each named key, about 9 more, and 100 to 400 for each
 * value that occurs. An entry's index is the number of entries added before it.
 *
 * @example
 * for (const index of index.indexes(selection)) {
 *   const entry = await load(index)
 *   if (matches(selection, entry) && found.push(entry) === selection.limit) break
 * }
 */
export class EntryIndex {
  #size = 0
  readonly #times = new Column(new Float64Array())
  readonly #timeOf = (index: number): number => this.#times.at(index)
  readonly #all = new TimeOrder(this.#timeOf)
  readonly #users = new ValueIndex(this.#timeOf)
  readonly #models = new ValueIndex(this.#timeOf)
  /** By the id of the user, then by that of the model. */
  readonly #byUserAndModel = new Map<number, Map<number, TimeOrder>>()
  readonly #byKey: ReadonlyMap<string, ValueIndex>
  readonly #byId = new IdTable()
  readonly #figures = new FigureColumns()

  constructor({ metadataIndexes = [] }: EntryIndexOptions = {}) {
    this.#byKey = new Map(metadataIndexes.map(key => [key, new ValueIndex(this.#timeOf)]))
  }

  /** How many entries were added. */
  get size(): number {
    return this.#size
  }

  /** Adds the entry of the next index. */
  add(entry: IndexedFields): void {
    const index = this.#size++
    this.#times.set(index, instantOf(entry.timestamp))
    this.#all.push(index)
    const user = this.#users.add(index, entry.user)
    const model = this.#models.add(index, entry.model)
    this.#addUserAndModel(index, user, model)
    this.#byId.add(entry.entryId)
    this.#figures.set(index, figuresOf(entry))
    for (const [key, values] of this.#byKey) {
      if (Object.hasOwn(entry.metadata, key)) values.add(index, canonicalJson(entry.metadata[key] ?? null))
    }
  }

  /** Whether the index alone knows which entries match: the selection has no `entryId`, and of metadata only named keys. */
  covers({ entryId, metadata = {} }: Selection): boolean {
    return entryId === undefined && Object.keys(metadata).every(key => this.#byKey.has(key))
  }

  /**
   * Indexes in the selection's order, regardless of its `limit`. They include all matching entries and, unless the index
   * covers the selection, possibly others, so check each entry with `matches`. Entries may be added meanwhile; it yields
   * those that were there when it began.
   */
  *indexes(selection: Selection): Generator<number, void, undefined> {
    if (selection.entryId !== undefined) {
      yield* this.indexesOfId(selection.entryId)
      return
    }
    const route = this.#routeOf(selection)
    if (!route) return
    const { order, others } = route
    const size = Math.min(selection.size ?? this.#size, this.#size)
    const step = selection.order === 'asc' ? 1 : -1
    let { start, end } = this.#rangeOf(order, selection)
    let position = step === 1 ? start : end - 1
    for (let { version } = order; start <= position && position < end; position += step) {
      const index = order.at(position)
      if (index >= size || !others.every(({ holds }) => holds(index))) continue
      yield index
      if (order.version === version) continue
      version = order.version
      ;({ start, end } = this.#rangeOf(order, selection))
      position = order.rank(this.#timeOf(index), index)
    }
  }

  /** How many entries match a selection that the index covers. */
  count(selection: Selection): number {
    const route = this.#routeOf(selection)
    if (!route) return 0
    const { order, others } = route
    const { start, end } = this.#rangeOf(order, selection)
    const { size = this.#size } = selection
    if (size >= this.#size && others.length === 0) return Math.max(0, end - start)
    let count = 0
    for (let position = start; position < end; position++) {
      const index = order.at(position)
      if (index < size && others.every(({ holds }) => holds(index))) count++
    }
    return count
  }

  /**
   * Sums up the entries of a selection that the index covers, step by step; `undefined` if it does not, or has not named a
   * key to group by: then read the entries, and add them to a `Summarizer`.
   *
   * @param load reads an entry, for the few whose values are too long to be held here.
   */
  summary(
    { selection, by, countsOnly }: SummaryRequest,
    load: (index: number) => SummarizedFields,
  ): IndexSummary | undefined {
    const columns = by.map(key => this.#groupColumn(key, load))
    if (!this.covers(selection) || !columns.every(column => column !== undefined)) return undefined
    return new IndexSummary({
      indexes: this.indexes(withoutPrototype({ ...selection, order: 'asc' as const })),
      columns,
      timeOf: this.#timeOf,
      countsOnly,
      figures: this.#figures,
      load: index => figuresOf(load(index)),
    })
  }

  /** Indexes of the entries that may have this id, which is nearly always one or none; check them. */
  indexesOfId(entryId: string): number[] {
    return this.#byId.indexes(entryId)
  }

  #addUserAndModel(index: number, user: number, model: number): void {
    const byModel = this.#byUserAndModel.get(user) ?? new Map<number, TimeOrder>()
    this.#byUserAndModel.set(user, byModel)
    const order = byModel.get(model) ?? new TimeOrder(this.#timeOf)
    byModel.set(model, order)
    order.push(index)
  }

  #groupColumn(key: GroupKey, load: (index: number) => SummarizedFields): GroupColumn | undefined {
    switch (key) {
      case 'user':
        return valueColumn(
          this.#users,
          text => text,
          index => load(index).user,
        )
      case 'model':
        return valueColumn(
          this.#models,
          text => text,
          index => load(index).model,
        )
      case 'month':
      case 'day':
      case 'hour':
        return timeColumn(key, this.#timeOf)
    }
    const values = this.#byKey.get(key)
    return (
      values &&
      valueColumn(
        values,
        text => JSON.parse(text),
        index => load(index).metadata[key],
      )
    )
  }

  /** The part of the order that is within the selection's times and after its cursor. */
  #rangeOf(order: TimeOrder, { since, until, after, order: direction }: Selection): PositionRange {
    let start = since === undefined ? 0 : order.rank(instantOf(since), 0)
    let end = until === undefined ? order.length : order.rank(instantOf(until), Number.POSITIVE_INFINITY)
    if (after && direction === 'asc') {
      start = Math.max(start, order.rank(instantOf(after.timestamp), after.index + 1))
    } else if (after) end = Math.min(end, order.rank(instantOf(after.timestamp), after.index))
    return { start, end }
  }

  /** The condition that the fewest entries meet, and the others; `undefined` if no entry can match. */
  #routeOf(selection: Selection): Route | undefined {
    const conditions = this.#conditionsOf(selection)
    if (!conditions) return undefined
    const lengthOf = ({ order }: Condition): number => {
      const { start, end } = this.#rangeOf(order, selection)
      return end - start
    }
    const [first, ...others] = conditions
    if (!first) return { order: this.#all, others: [] }
    const rarest = others.reduce((best, other) => (lengthOf(other) < lengthOf(best) ? other : best), first)
    return { order: rarest.order, others: conditions.filter(condition => condition !== rarest) }
  }

  /** What the index knows of the selection, besides its times; `undefined` if no entry has one of its values. */
  #conditionsOf({ user, model, metadata = {} }: Selection): readonly Condition[] | undefined {
    const conditions = [this.#nameCondition(user, model)]
    for (const [key, value] of Object.entries(metadata)) {
      const values = this.#byKey.get(key)
      if (values) conditions.push(conditionOf(values, canonicalJson(value)))
    }
    return conditions.includes('never') ? undefined : conditions.filter(isCondition)
  }

  /** Users and models together have orders of their own, since a user has few models. */
  #nameCondition(user: string | undefined, model: string | undefined): Condition | 'always' | 'never' {
    if (user === undefined) return model === undefined ? 'always' : conditionOf(this.#models, model)
    if (model === undefined) return conditionOf(this.#users, user)
    const [userId, modelId] = [this.#users.idOf(user), this.#models.idOf(model)]
    const order = this.#byUserAndModel.get(userId ?? NO_VALUE)?.get(modelId ?? NO_VALUE)
    if (!order) return 'never'
    return { order, holds: index => this.#users.at(index) === userId && this.#models.at(index) === modelId }
  }
}

/** Positions in an order, `start` inclusive to `end` exclusive. */
interface PositionRange {
  readonly start: number
  readonly end: number
}

/** The entries that meet a condition. */
interface Condition {
  readonly order: TimeOrder
  readonly holds: (index: number) => boolean
}

/** The entries of an order that meet all other conditions. */
interface Route {
  readonly order: TimeOrder
  readonly others: readonly Condition[]
}

function conditionOf(values: ValueIndex, text: string): Condition | 'never' {
  const id = values.idOf(text)
  return id === undefined ? 'never' : { order: values.orderOf(id), holds: index => values.at(index) === id }
}

function isCondition(condition: Condition | 'always' | 'never'): condition is Condition {
  return typeof condition === 'object'
}

/** Milliseconds since 1970 of a timestamp, as any writer may have spelt it. */
function instantOf(timestamp: string): number {
  return parseSpan(timestamp)?.first ?? Number.NaN
}
