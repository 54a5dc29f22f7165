import { sha256Binary } from '../crypto/sha256.ts'
import type { EntryFields } from '../entry/fields.ts'
import { parseSpan } from '../entry/timestamp.ts'
import type { Selection } from '../query/selection.ts'
import { IdTable } from './id-table.ts'
import { grown, TimeOrder } from './time-order.ts'

/** What the index needs of an entry. */
export type IndexedFields = Pick<EntryFields, 'entryId' | 'timestamp' | 'user' | 'model'>

/**
 * Finds entries by id, user, model and time without holding them: about 50 bytes per entry, for backends without a query
 * engine. An entry's index is the number of entries added before it.
 *
 * @example
 * for (const index of index.indexes(selection)) {
 *   const entry = await load(index)
 *   if (matches(selection, entry) && found.push(entry) === selection.limit) break
 * }
 */
export class EntryIndex {
  #size = 0
  #times = new Float64Array(64)
  readonly #timeOf = (index: number): number => this.#times[index] ?? 0
  readonly #all = new TimeOrder(this.#timeOf)
  readonly #byUser = new Map<string, TimeOrder>()
  readonly #byModel = new Map<string, TimeOrder>()
  readonly #byUserAndModel = new Map<string, Map<string, TimeOrder>>()
  readonly #byId = new IdTable()

  /** How many entries were added. */
  get size(): number {
    return this.#size
  }

  /** Adds the entry of the next index. */
  add(entry: IndexedFields): void {
    const index = this.#size++
    if (index === this.#times.length) this.#times = grown(this.#times)
    this.#times[index] = instantOf(entry.timestamp)
    this.#all.push(index)
    const user = keyOf(entry.user)
    const model = keyOf(entry.model)
    this.#orderIn(this.#byUser, user).push(index)
    this.#orderIn(this.#byModel, model).push(index)
    const byModel = this.#byUserAndModel.get(user) ?? new Map<string, TimeOrder>()
    this.#byUserAndModel.set(user, byModel)
    this.#orderIn(byModel, model).push(index)
    this.#byId.add(entry.entryId)
  }

  /**
   * Indexes in the selection's order, regardless of its `limit`. They include all matching entries and, if the selection has
   * `entryId` or `metadata`, possibly others, so check each entry with `matches`. Entries may be added meanwhile; it yields
   * those that were there when it began.
   */
  *indexes(selection: Selection): Generator<number, void, undefined> {
    if (selection.entryId !== undefined) {
      yield* this.indexesOfId(selection.entryId)
      return
    }
    const order = this.#orderOf(selection)
    if (!order) return
    const size = Math.min(selection.size ?? this.#size, this.#size)
    const step = selection.order === 'asc' ? 1 : -1
    let { start, end } = this.#rangeOf(order, selection)
    let position = step === 1 ? start : end - 1
    for (let { version } = order; start <= position && position < end; position += step) {
      const index = order.at(position)
      if (index >= size) continue
      yield index
      if (order.version === version) continue
      version = order.version
      ;({ start, end } = this.#rangeOf(order, selection))
      position = order.rank(this.#timeOf(index), index)
    }
  }

  /** How many entries match a selection without `entryId` and without `metadata`. */
  count(selection: Selection): number {
    const order = this.#orderOf(selection)
    if (!order) return 0
    const { start, end } = this.#rangeOf(order, selection)
    const { size } = selection
    if (size === undefined || size >= this.#size) return Math.max(0, end - start)
    let count = 0
    for (let position = start; position < end; position++) if (order.at(position) < size) count++
    return count
  }

  /** Indexes of the entries that may have this id, which is nearly always one or none; check them. */
  indexesOfId(entryId: string): number[] {
    return this.#byId.indexes(entryId)
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

  #orderOf(selection: Selection): TimeOrder | undefined {
    const user = selection.user === undefined ? undefined : keyOf(selection.user)
    const model = selection.model === undefined ? undefined : keyOf(selection.model)
    if (user === undefined) return model === undefined ? this.#all : this.#byModel.get(model)
    return model === undefined ? this.#byUser.get(user) : this.#byUserAndModel.get(user)?.get(model)
  }

  #orderIn(orders: Map<string, TimeOrder>, key: string): TimeOrder {
    const known = orders.get(key)
    if (known) return known
    const order = new TimeOrder(this.#timeOf)
    orders.set(key, order)
    return order
  }
}

/** Texts up to this many characters are used as keys directly. */
const MAX_KEY_LENGTH = 256

/**
 * The key of a user or a model. A long text is replaced with its digest: beyond 16,383 characters, a Map hashes only the
 * length of a text, so thousands would share a bucket; and the text itself need not be held. The key begins with a lone
 * surrogate, so no user or model equals it.
 */
function keyOf(text: string): string {
  return text.length <= MAX_KEY_LENGTH ? text : `\ud800${sha256Binary(text)}`
}

/** Positions in an order, `start` inclusive to `end` exclusive. */
interface PositionRange {
  readonly start: number
  readonly end: number
}

/** Milliseconds since 1970 of a timestamp, as any writer may have spelt it. */
function instantOf(timestamp: string): number {
  return parseSpan(timestamp)?.first ?? Number.NaN
}
