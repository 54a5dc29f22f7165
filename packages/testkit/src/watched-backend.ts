import { types } from 'node:util'
import type { AuditBackend, EntryDigests, SubtreeStore, SummaryPart } from '@audit/core/backend'
import type { Calls, Check } from './calls.ts'
import { shown } from './failure.ts'

const HASH_BYTES = 32
/** A backend may sum up a group in several parts, also in parts without an entry. */
const MAX_EMPTY_PARTS = 1000
/** How many findings of `inspect` are checked. */
const MAX_FINDINGS = 100

/** The checks of each method's answer, whatever the case: `args` are the arguments of the call. */
type Checks = Readonly<Record<string, (args: readonly unknown[], calls: Calls) => Check>>

const METHODS: Checks = {
  open: () => anything,
  append: ([leaves], calls) => {
    calls.appending(Array.isArray(leaves) ? leaves.length : 0)
    return value => wholeNumber(value, Number.MAX_SAFE_INTEGER)
  },
  size: (_, calls) => value => wholeNumber(value, calls.most),
  read: ([start, end], calls) => {
    const most = Number(end) - Number(start)
    return value => page(value, Math.min(most, calls.most))
  },
  find:
    ([selection], calls) =>
    value =>
      page(value, Math.min(limitOf(selection), calls.most)),
  count: (_, calls) => value => wholeNumber(value, calls.most),
  leafHashes: ([start, end], calls) => {
    const most = Number(end) - Number(start)
    return value => hashes(value, Math.min(most, calls.most))
  },
  summarize: ([request], calls) => {
    const keys = numberOfKeys(request)
    return value => summary(value, keys, calls.most)
  },
  digests: ([start, end], calls) => {
    const most = Number(end) - Number(start)
    return value => digests(value, Math.min(most, calls.most))
  },
  inspect: () => findings,
  close: () => anything,
}

const STORE_METHODS: Checks = {
  read: ([, start, end]) => {
    const most = Number(end) - Number(start)
    return value => hashes(value, most)
  },
  write: () => anything,
}

/**
 * The same backend, with each call noted and each answer checked: its type, and that it has no more entries than were
 * asked for or ever appended. So no case iterates over an endless answer.
 */
export function watchedBackend(backend: AuditBackend, calls: Calls): AuditBackend {
  let watchedStore: SubtreeStore | undefined
  return watched(backend, METHODS, '', calls, store => {
    watchedStore ??= watched(store, STORE_METHODS, 'subtrees.', calls)
    return watchedStore
  })
}

function watched<T extends object>(
  target: T,
  checks: Checks,
  prefix: string,
  calls: Calls,
  ofStore?: (store: SubtreeStore) => SubtreeStore,
): T {
  const get = (key: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, key)
    if (key === 'subtrees' && ofStore && isObject(value)) return ofStore(value as SubtreeStore) // as far as anybody knows
    if (typeof value !== 'function') return value
    const checkOf = typeof key === 'string' && Object.hasOwn(checks, key) ? checks[key] : undefined
    if (!checkOf) return value.bind(target)
    return (...args: readonly unknown[]) => {
      const check = checkOf(args, calls)
      return calls.call(`${prefix}${String(key)}`, () => Reflect.apply(value, target, args), check)
    }
  }
  // On an empty object, because a proxy must return the properties of a frozen target unchanged.
  const proxy = new Proxy({}, { get: (_, key) => get(key), has: (_, key) => key in target })
  return proxy as T // each property is the target's, or calls it
}

const anything: Check = () => undefined

function wholeNumber(value: unknown, most: number): string | undefined {
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    return `a whole number that is not negative is expected, not ${shown(value)}`
  }
  return Number(value) > most
    ? `${value}, although no more than ${most} entries were ever appended`
    : undefined
}

function page(value: unknown, most: number): string | undefined {
  if (!Array.isArray(value)) return `an array of entries is expected, not ${shown(value)}`
  if (value.length > most) return `${value.length} entries instead of ${Math.max(0, most)} at most`
  const odd = value.findIndex(entry => !isObject(entry))
  if (odd >= 0) return `at position ${odd}, ${shown(value[odd])} instead of an entry`
  const isPartial: unknown = Reflect.get(value, 'isPartial')
  if (isPartial !== undefined && isPartial !== true) return `isPartial is ${shown(isPartial)} instead of true`
  if (isPartial && value.length === 0) return 'a partial page has one entry at least; this one is empty'
  return undefined
}

function hashes(value: unknown, most: number): string | undefined {
  // Not `instanceof`: jest runs tests in their own realm.
  if (!types.isUint8Array(value)) return `a Uint8Array is expected, not ${shown(value)}`
  if (value.length % HASH_BYTES !== 0) return `${value.length} bytes, which is no multiple of ${HASH_BYTES}`
  const count = value.length / HASH_BYTES
  return count > most ? `${count} hashes instead of ${Math.max(0, most)} at most` : undefined
}

function digests(value: unknown, most: number): string | undefined {
  if (!isObject(value)) return `digests are expected, not ${shown(value)}`
  const { indexes, entryIds, leafHashes, areOwn }: { readonly [K in keyof EntryDigests]?: unknown } = value
  const lists = [indexes, entryIds, areOwn]
  if (!lists.every(Array.isArray)) return 'indexes, entryIds and areOwn must be arrays'
  const hash = hashes(leafHashes, most)
  if (hash !== undefined) return hash
  const lengths = lists.map(list => (Array.isArray(list) ? list.length : 0))
  const count = types.isUint8Array(leafHashes) ? leafHashes.length / HASH_BYTES : 0
  return lengths.every(length => length === count) ? undefined : 'its lists have different lengths'
}

function findings(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `an array of findings is expected, not ${shown(value)}`
  const odd = value.slice(0, MAX_FINDINGS).find(finding => !isFinding(finding))
  return odd === undefined ? undefined : `${shown(odd)} is not a finding, { kind, message }`
}

function isFinding(value: unknown): boolean {
  if (!isObject(value)) return false
  const { kind, message }: { readonly kind?: unknown; readonly message?: unknown } = value
  return typeof kind === 'string' && typeof message === 'string'
}

function summary(value: unknown, keys: number, most: number): string | undefined {
  if (!Array.isArray(value)) return `an array of parts is expected, not ${shown(value)}`
  if (value.length > most + MAX_EMPTY_PARTS) return `${value.length} parts of at most ${most} entries`
  const odd = value.find(part => !isPart(part, keys))
  return odd === undefined ? undefined : `${shown(odd)} is not a part of a summary by ${keys} keys`
}

function isPart(value: unknown, keys: number): boolean {
  if (!isObject(value)) return false
  const part: { readonly [K in keyof SummaryPart]?: unknown } = value
  return (
    [part.values, part.costs, part.tokens, part.latencies, part.statuses].every(Array.isArray) &&
    [part.count, part.costUnknown, part.latencyMax].every(Number.isFinite) &&
    [part.first, part.last].every(time => time === null || typeof time === 'string') &&
    arrayLength(part.values) === keys
  )
}

function arrayLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}

function numberOfKeys(request: unknown): number {
  const by = isObject(request) && 'by' in request ? request.by : undefined
  return arrayLength(by)
}

function limitOf(selection: unknown): number {
  const limit = isObject(selection) && 'limit' in selection ? selection.limit : undefined
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
