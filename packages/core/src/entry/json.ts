/** A value that JSON can carry (RFC 8259). Numbers are finite IEEE 754 doubles, as RFC 8785 requires. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** A JSON object. `__proto__` is a key like any other. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** How deeply metadata may be nested; the object itself is level 1. */
export const MAX_METADATA_DEPTH = 256
/** How many values metadata may hold. A graph of a few objects can expand to billions. */
export const MAX_METADATA_VALUES = 1_000_000
/** How many characters the keys and texts of metadata may have together: 64 Mi. */
export const MAX_METADATA_LENGTH = 64 * 1024 * 1024

/** How `copyJsonObject` takes what JSON does not carry as it is. */
export interface CopyRules {
  /** Makes the error to throw, from a sentence that begins with the path: `metadata.usage.tokens: NaN is not …`. */
  readonly fail: (reason: string) => Error
  /** What becomes of a key whose value is `undefined`: left out, as `JSON.stringify` does, or refused. Default: refused. */
  readonly undefinedValues?: 'omit' | 'refuse'
  /** What becomes of a lone surrogate, which UTF-8 cannot carry: U+FFFD, or refused. Default: U+FFFD. */
  readonly loneSurrogates?: 'replace' | 'refuse'
}

/**
 * Makes a deeply frozen copy of a JSON object, so that the caller cannot change it later. `-0` becomes `0`, because JSON
 * does not distinguish them.
 */
export function copyJsonObject(value: unknown, path: string, rules: CopyRules): JsonObject {
  if (!isPlainObject(value)) throw rules.fail(`${path}: ${describe(value)} is not a JSON object`)
  return new JsonCopy(path, rules).object(value)
}

/** One copy in progress: its position, and how much it has copied. */
class JsonCopy {
  readonly #path: (string | number)[]
  readonly #rules: CopyRules
  /** The objects and arrays around the current value. */
  readonly #open = new Set<object>()
  #values = 0
  #length = 0

  constructor(path: string, rules: CopyRules) {
    this.#path = [path]
    this.#rules = rules
  }

  object(source: Readonly<Record<string, unknown>>): JsonObject {
    this.#enter(source)
    const copy: Record<string, JsonValue> = {}
    for (const key of Object.keys(source)) {
      const value = source[key]
      this.#path.push(key)
      if (value !== undefined || this.#rules.undefinedValues !== 'omit') {
        const name = this.#text(key)
        if (Object.hasOwn(copy, name)) {
          throw this.#refused('two keys become equal once lone surrogates are replaced by U+FFFD')
        }
        setOwn(copy, name, this.#value(value))
      }
      this.#path.pop()
    }
    if (Object.getOwnPropertySymbols(source).length > 0) throw this.#refused('a symbol is not a JSON key')
    this.#open.delete(source)
    return Object.freeze(copy)
  }

  #value(value: unknown): JsonValue {
    if (++this.#values > MAX_METADATA_VALUES) {
      throw this.#refused(`the object holds more than ${MAX_METADATA_VALUES} values`)
    }
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'boolean':
        return value
      case 'number':
        if (!Number.isFinite(value)) throw this.#refused(`${value} is not a JSON number`)
        return value + 0 // -0 + 0 is 0
      case 'object':
        if (value === null) return null
        if (Array.isArray(value)) return this.#array(value)
        if (isPlainObject(value)) return this.object(value)
    }
    throw this.#refused(`${describe(value)} is not a JSON value`)
  }

  #array(source: readonly unknown[]): readonly JsonValue[] {
    this.#enter(source)
    const copy: JsonValue[] = []
    for (let i = 0; i < source.length; i++) {
      this.#path.push(i)
      copy.push(this.#value(source[i])) // a hole of a sparse array is undefined, which is refused
      this.#path.pop()
    }
    this.#open.delete(source)
    return Object.freeze(copy)
  }

  #text(text: string): string {
    this.#length += text.length
    if (this.#length > MAX_METADATA_LENGTH) {
      throw this.#refused(`the object holds more than ${MAX_METADATA_LENGTH} characters`)
    }
    if (text.isWellFormed()) return text
    if (this.#rules.loneSurrogates === 'refuse') throw this.#refused('a lone surrogate is not a character')
    return text.toWellFormed()
  }

  #enter(container: object): void {
    if (this.#open.has(container)) throw this.#refused('the value contains itself')
    if (this.#open.size >= MAX_METADATA_DEPTH) {
      throw this.#refused(`nested more than ${MAX_METADATA_DEPTH} levels deep`)
    }
    this.#open.add(container)
  }

  #refused(reason: string): Error {
    return this.#rules.fail(`${show(this.#path)}: ${reason}`)
  }
}

function setOwn(target: Record<string, JsonValue>, key: string, value: JsonValue): void {
  // Assigning to __proto__ would set the prototype instead of a key.
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  } else target[key] = value
}

/** An object literal, one with a null prototype, or either from another realm; never a class instance. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** Names a value for an error message without quoting it: it may be long, or secret. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an object'
}

/** A value of an option or a query for an error message. Not for what an entry holds: it may be secret. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  return typeof value === 'number' ? String(value) : describe(value)
}

const SHOWN_CHARACTERS = 60

/** A foreign text for an error message: quoted, escaped and short. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS))
}

const IDENTIFIER = /^[A-Za-z_$][\w$]{0,59}$/
const SHOWN_STEPS = 12

function show(path: readonly (string | number)[]): string {
  const steps = path.slice(1, SHOWN_STEPS).map(step => {
    if (typeof step === 'number') return `[${step}]`
    return IDENTIFIER.test(step) ? `.${step}` : `[${quote(step)}]`
  })
  return `${path[0]}${steps.join('')}${path.length > SHOWN_STEPS ? '…' : ''}`
}
