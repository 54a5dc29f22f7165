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

/**
 * Takes a deeply frozen copy of a JSON object, so that nothing the caller does later changes it.
 * Lone surrogates become U+FFFD and `-0` becomes `0`, because JSON in UTF-8 carries neither.
 *
 * @param fail makes the error to throw; it is given a sentence that begins with the path,
 *   such as `metadata.usage.tokens: NaN is not a JSON number`.
 */
export function copyJsonObject(value: unknown, path: string, fail: (reason: string) => Error): JsonObject {
  if (!isPlainObject(value)) throw fail(`${path}: ${describe(value)} is not a JSON object`)
  return copyObject(value, [path], fail, new Set())
}

type Path = (string | number)[]

function copyValue(
  value: unknown,
  path: Path,
  fail: (reason: string) => Error,
  open: Set<object>,
): JsonValue {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw fail(`${show(path)}: ${value} is not a JSON number`)
      return value + 0 // -0 + 0 is 0
    case 'object':
      if (value === null) return null
      if (Array.isArray(value)) return copyArray(value, path, fail, open)
      if (isPlainObject(value)) return copyObject(value, path, fail, open)
  }
  throw fail(`${show(path)}: ${describe(value)} is not a JSON value`)
}

function copyObject(
  source: Readonly<Record<string, unknown>>,
  path: Path,
  fail: (reason: string) => Error,
  open: Set<object>,
): JsonObject {
  enter(source, path, fail, open)
  const copy: Record<string, JsonValue> = {}
  for (const key of Object.keys(source)) {
    path.push(key)
    const name = key.toWellFormed()
    if (Object.hasOwn(copy, name)) {
      throw fail(`${show(path)}: two keys become equal once lone surrogates are replaced by U+FFFD`)
    }
    setOwn(copy, name, copyValue(source[key], path, fail, open))
    path.pop()
  }
  if (Object.getOwnPropertySymbols(source).length > 0) {
    throw fail(`${show(path)}: a symbol is not a JSON key`)
  }
  open.delete(source)
  return Object.freeze(copy)
}

function copyArray(
  source: readonly unknown[],
  path: Path,
  fail: (reason: string) => Error,
  open: Set<object>,
): readonly JsonValue[] {
  enter(source, path, fail, open)
  // Not map(), which would leave the holes of a sparse array.
  const copy = Array.from(source, (item, i) => {
    path.push(i)
    const value = copyValue(item, path, fail, open)
    path.pop()
    return value
  })
  open.delete(source)
  return Object.freeze(copy)
}

function enter(container: object, path: Path, fail: (reason: string) => Error, open: Set<object>): void {
  if (open.has(container)) throw fail(`${show(path)}: the value contains itself`)
  if (open.size >= MAX_METADATA_DEPTH) {
    throw fail(`${show(path)}: nested more than ${MAX_METADATA_DEPTH} levels deep`)
  }
  open.add(container)
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
  if (typeof value === 'number' || typeof value === 'bigint') return `the ${typeof value} ${value}`
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an object'
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const SHOWN_STEPS = 12

function show(path: Path): string {
  const steps = path.slice(1, SHOWN_STEPS).map(step => {
    if (typeof step === 'number') return `[${step}]`
    return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 60))}]`
  })
  return `${path[0]}${steps.join('')}${path.length > SHOWN_STEPS ? '…' : ''}`
}
