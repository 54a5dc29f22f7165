import { digestOf } from '../digest.ts'

/**
 * The JSON of a value as text. It never throws: a value may be nested deeper than `JSON.stringify` reads, contain itself, or
 * hold what no JSON can.
 */
export function jsonText(value: unknown, replace: Replace = unchanged): string {
  try {
    return JSON.stringify(value, replace) ?? ''
  } catch {
    return anyJson(value, replace)
  }
}

/** What stands in the text for a value of an object. */
export type Replace = (key: string, value: unknown) => unknown

const unchanged: Replace = (_key, value) => value

function anyJson(value: unknown, replace: Replace): string {
  try {
    return new JsonWriter(replace).text(value)
  } catch {
    return '[unreadable]' // such as an object whose properties throw
  }
}

/** An object or a list that is being written. */
interface Open {
  readonly object: object
  readonly isList: boolean
  readonly fields: readonly (readonly [key: string, value: unknown])[]
  next: number
}

/** Writes JSON without calling itself, so that no depth is too deep. */
class JsonWriter {
  readonly #replace: Replace
  readonly #written: string[] = []
  readonly #open: Open[] = []
  /** The objects around the current value. */
  readonly #around = new Set<object>()

  constructor(replace: Replace) {
    this.#replace = replace
  }

  text(value: unknown): string {
    this.#value('', value)
    for (let open = this.#open.at(-1); open; open = this.#open.at(-1)) {
      const field = open.fields[open.next++]
      if (field) this.#field(open, field)
      else this.#close(open)
    }
    return this.#written.join('')
  }

  #field({ isList, next }: Open, [key, value]: readonly [string, unknown]): void {
    if (next > 1) this.#written.push(',')
    if (!isList) this.#written.push(`${JSON.stringify(key)}:`)
    this.#value(key, value)
  }

  #value(key: string, given: unknown): void {
    const value = this.#replace(key, asJson(given))
    if (typeof value !== 'object' || value === null) this.#written.push(scalarText(value))
    else if (value instanceof Uint8Array) this.#written.push(JSON.stringify(digestOf('data', value)))
    else if (this.#around.has(value)) this.#written.push('"[circular]"')
    else this.#begin(value)
  }

  #begin(object: object): void {
    const isList = Array.isArray(object)
    this.#written.push(isList ? '[' : '{')
    this.#around.add(object)
    this.#open.push({ object, isList, fields: Object.entries(object), next: 0 })
  }

  #close({ object, isList }: Open): void {
    this.#written.push(isList ? ']' : '}')
    this.#around.delete(object)
    this.#open.pop()
  }
}

/** What a value shows of itself to JSON, as a URL and a date do. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return value
  const { toJSON }: { readonly toJSON?: unknown } = Object(value)
  return typeof toJSON === 'function' ? toJSON.call(value) : value
}

function scalarText(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`
  return JSON.stringify(value) ?? 'null'
}
