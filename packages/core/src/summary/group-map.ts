import { mapKey } from '../crypto/map-key.ts'
import { canonicalJson } from '../entry/canonical-json.ts'
import type { GroupValue } from './group-key.ts'

/** Begins the key of a value that is no text. No text does, since it would not be well-formed, and no `mapKey`. */
const NO_TEXT = '\ud801'

/** A map by the values of groups, which are equal as JSON. A map for each key: to join the values would cost more. */
export class GroupMap<T> {
  readonly #root = new Map<string, unknown>()
  readonly #items: T[] = []
  readonly #make: (values: readonly GroupValue[]) => T

  /** @param make makes what a group has when it is first asked for. */
  constructor(make: (values: readonly GroupValue[]) => T) {
    this.#make = make
  }

  /** What the group with these values has; there must always be as many values. */
  get(values: readonly GroupValue[]): T {
    let level = this.#root
    const last = values.length - 1
    for (let i = 0; i < last; i++) {
      const key = keyOf(values[i])
      const next = level.get(key) ?? new Map<string, unknown>()
      level.set(key, next)
      level = next as Map<string, unknown> // above the last level, each value is a map
    }
    const key = keyOf(values[last])
    const known = level.get(key)
    if (known !== undefined) return known as T // on the last level, each value is an item
    const item = this.#make(values)
    level.set(key, item)
    this.#items.push(item)
    return item
  }

  /** What all groups have, in the order in which they were first asked for. */
  get items(): readonly T[] {
    return this.#items
  }
}

function keyOf(value: GroupValue): string {
  if (typeof value === 'string') return mapKey(value)
  return value === undefined ? NO_TEXT : NO_TEXT + mapKey(canonicalJson(value))
}
