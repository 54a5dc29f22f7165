import { hash } from 'node:crypto'
import type { EntryFields } from './entry.ts'
import { IdTable } from './id-table.ts'
import type { Selection } from './selection.ts'
import { grown, TimeOrder } from './time-order.ts'
import { parseSpan } from './timestamp.ts'

/** What the index needs to know of an entry. */
export type IndexedFields = Pick<EntryFields, 'entryId' | 'timestamp' | 'user' | 'model'>

/**
 * Finds entries by id, user, model and time without holding them: about 50 bytes an entry, for backends without an
 * engine of their own. An entry's place is the number of entries added before it.
 *
 * @example
 * for (const place of index.places(selection)) {
 *   const entry = await load(place)
 *   if (matches(selection, entry) && found.push(entry) === selection.limit) break
 * }
 */
export class EntryIndex {
  #size = 0
  #times = new Float64Array(64)
  readonly #timeOf = (place: number): number => this.#times[place] ?? 0
  readonly #all = new TimeOrder(this.#timeOf)
  readonly #byUser = new Map<string, TimeOrder>()
  readonly #byModel = new Map<string, TimeOrder>()
  readonly #byUserAndModel = new Map<string, Map<string, TimeOrder>>()
  readonly #byId = new IdTable()

  /** How many entries were added. */
  get size(): number {
    return this.#size
  }

  /** Adds the entry of the next place. */
  add(entry: IndexedFields): void {
    const place = this.#size++
    if (place === this.#times.length) this.#times = grown(this.#times)
    this.#times[place] = instantOf(entry.timestamp)
    this.#all.push(place)
    const user = keyOf(entry.user)
    const model = keyOf(entry.model)
    this.#orderIn(this.#byUser, user).push(place)
    this.#orderIn(this.#byModel, model).push(place)
    const byModel = this.#byUserAndModel.get(user) ?? new Map<string, TimeOrder>()
    this.#byUserAndModel.set(user, byModel)
    this.#orderIn(byModel, model).push(place)
    this.#byId.add(entry.entryId)
  }

  /**
   * Places in the selection's order, regardless of its `limit`. All that match are among them; where the selection
   * has `entryId` or `metadata`, others may be too, so check each entry with `matches`. Entries may be added while it
   * runs: it gives those that were there when it began.
   */
  *places(selection: Selection): Generator<number, void, undefined> {
    if (selection.entryId !== undefined) {
      yield* this.placesOfId(selection.entryId)
      return
    }
    const order = this.#orderOf(selection)
    if (!order) return
    const size = Math.min(selection.size ?? this.#size, this.#size)
    const step = selection.order === 'asc' ? 1 : -1
    let { start, end } = this.#rangeOf(order, selection)
    let position = step === 1 ? start : end - 1
    for (let { version } = order; start <= position && position < end; position += step) {
      const place = order.at(position)
      if (place >= size) continue
      yield place
      if (order.version === version) continue
      version = order.version
      ;({ start, end } = this.#rangeOf(order, selection))
      position = order.rank(this.#timeOf(place), place)
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

  /** Places of the entries that may have this id, which is nearly always one or none; check them. */
  placesOfId(entryId: string): number[] {
    return this.#byId.places(entryId)
  }

  /** The part of the order that lies within the selection's times and behind its cursor. */
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

/** Texts up to this many characters are keys as they are. */
const MAX_KEY_LENGTH = 256

/**
 * What a user or a model is looked up by. A long text gives way to its digest: a Map takes no more than the length of a
 * text beyond 16,383 characters for its hash, so thousands of them would share a bucket; and the text itself need not be
 * held. No user or model is the same as such a key, since it begins with a lone surrogate.
 */
function keyOf(text: string): string {
  return text.length <= MAX_KEY_LENGTH ? text : `\ud800${hash('sha256', text, 'base64')}`
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
