import { inspect, types } from 'node:util'

/** Any value that was thrown, as an error. One of another realm, as jest makes them, is an error as well. */
export function toError(reason: unknown): Error {
  return isError(reason) ? reason : new Error(messageOf(reason), { cause: reason })
}

/** What a thrown value says; a backend may throw anything. */
export function messageOf(reason: unknown): string {
  return isError(reason) ? String(reason.message) : `${shown(reason)} was thrown, which is not an error`
}

/** A value for a message, shortened: it may be of any size. */
export function shown(value: unknown): string {
  return inspect(value, { maxStringLength: 80, maxArrayLength: 10, depth: 4, breakLength: Infinity })
}

function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}
