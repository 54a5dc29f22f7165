import { describe, isPlainObject, quote } from './entry/json.ts'
import { AuditError } from './errors.ts'

/** The given values, by own keys only: a key of `Object.prototype` is not an option. */
export type Given<Key extends string> = { readonly [K in Key]?: unknown }

/**
 * Checks the options of a constructor or a call, and copies them. The copy has no prototype, so that no key on
 * `Object.prototype` becomes an option.
 *
 * @param owner whose options they are, for the message: `SqliteBackend`.
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for anything but a plain object, and for an unknown key.
 *
 * @example
 * const { path, readOnly = false } = optionsOf(given, ['path', 'readOnly'], 'SqliteBackend')
 */
export function optionsOf<Key extends string>(
  given: unknown,
  keys: readonly Key[],
  owner: string,
): Given<Key> {
  return ownFields(given, keys, reason => invalidOptions(owner, reason))
}

/**
 * An option that is `true` or `false`; `false` where it was left out. `undefined` is an error, as from a variable that is not
 * set: what was to be on would be off.
 *
 * @param owner whose option it is, for the message: `SqliteBackend`.
 * @throws AuditError `AUDIT_INVALID_OPTIONS`.
 */
export function flagFrom<Key extends string>(given: Given<Key>, key: Key, owner: string): boolean {
  const flag = key in given ? given[key] : false
  if (typeof flag === 'boolean') return flag
  throw invalidOptions(owner, `${key} must be true or false`)
}

/** The error for options that cannot be used. */
export function invalidOptions(owner: string, reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_OPTIONS', `${owner}: ${reason}`)
}

/**
 * A copy of a plain object's own fields, without a prototype.
 *
 * @param fail makes the error for anything but a plain object, and for a key that is not among `keys`.
 */
export function ownFields<Key extends string>(
  given: unknown,
  keys: readonly Key[],
  fail: (reason: string) => Error,
): Given<Key> {
  if (!isPlainObject(given)) throw fail(`an object is expected, not ${describe(given)}`)
  if (Object.getOwnPropertySymbols(given).length > 0) throw fail('a symbol is not a key')
  const known: readonly string[] = keys
  const fields: Record<string, unknown> = new WithoutPrototype()
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw fail(`unknown key ${quote(key)}; the keys are ${keys.join(', ')}`)
    }
    fields[key] = given[key]
  }
  return fields as Given<Key> // every key was looked up in `keys`
}

/** Whether a value is a whole number from 0 that a double holds exactly. */
export function isWholeNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** A copy of an object's own fields that inherits nothing from `Object.prototype`. */
export function withoutPrototype<T extends object>(fields: T): T {
  return Object.assign(new WithoutPrototype(), fields)
}

/** Its objects inherit nothing. V8 reads them like any others; those of `Object.create(null)` are hash tables to it. */
class WithoutPrototype {
  [key: string]: unknown
}
Object.setPrototypeOf(WithoutPrototype.prototype, null)
Reflect.deleteProperty(WithoutPrototype.prototype, 'constructor')
