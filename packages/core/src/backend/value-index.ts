import { mapKey } from '../crypto/map-key.ts'
import { Column } from './column.ts'
import { TimeOrder } from './time-order.ts'

/** Stands for the value of an entry that has none. */
export const NO_VALUE = 0

/**
 * The values of one field, each with a number, and for each value the entries that have it, in the order of time. It takes
 * about 9 bytes per entry, and about 100 bytes for a value that occurs once, 400 for one that occurs several times.
 */
export class ValueIndex {
  readonly #timeOf: (index: number) => number
  readonly #ids = new Map<string, number>()
  readonly #ofEntries = new Column(new Uint32Array())
  /** By id: the value, unless it is long. */
  readonly #texts: (string | undefined)[] = [undefined]
  /** By id: the first entry that has the value. */
  readonly #firsts: number[] = [0]
  /** By id: the entries that have the value, if there are several. */
  readonly #orders: (TimeOrder | undefined)[] = [undefined]

  /** @param timeOf the time of an entry, in milliseconds. */
  constructor(timeOf: (index: number) => number) {
    this.#timeOf = timeOf
  }

  /** Adds an entry, with an index higher than all before, that has this value. Returns the id of the value. */
  add(index: number, text: string): number {
    const key = mapKey(text)
    const known = this.#ids.get(key)
    const id = known ?? this.#texts.length
    this.#ofEntries.set(index, id)
    if (known === undefined) {
      this.#ids.set(key, id)
      this.#texts.push(key === text ? key : undefined)
      this.#firsts.push(index)
      this.#orders.push(undefined)
    } else {
      this.#orders[id] ??= this.#orderOfFirst(id)
      this.#orders[id]?.push(index)
    }
    return id
  }

  /** The id of a value; `undefined` if no entry has it. */
  idOf(text: string): number | undefined {
    return this.#ids.get(mapKey(text))
  }

  /** The id of the value of an entry; `NO_VALUE` if it has none. */
  at(index: number): number {
    return this.#ofEntries.at(index)
  }

  /** The value; `undefined` if it is too long to be kept, and `firstWith` has it. */
  textOf(id: number): string | undefined {
    return this.#texts[id]
  }

  /** The lowest index of the entries that have a value. */
  firstWith(id: number): number {
    return this.#firsts[id] ?? 0
  }

  /** The entries that have a value. */
  orderOf(id: number): TimeOrder {
    return this.#orders[id] ?? this.#orderOfFirst(id)
  }

  /** Most values of an id or a session occur once, and a number takes less memory than an order. */
  #orderOfFirst(id: number): TimeOrder {
    const order = new TimeOrder(this.#timeOf)
    order.push(this.firstWith(id))
    return order
  }
}
