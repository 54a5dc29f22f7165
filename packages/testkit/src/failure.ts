import { inspect, types } from 'node:util'

/** Any thrown value as an error. Errors of another realm, as in jest, count as errors too. */
export function toError(reason: unknown): Error {
  try {
    if (isError(reason)) return typeof reason.message === 'string' ? reason : new Error(UNREADABLE)
    return new Error(messageOf(reason), { cause: reason })
  } catch {
    return new Error(UNREADABLE) // a proxy or a getter that throws; as a cause, it would do so again
  }
}

const UNREADABLE = 'something was thrown that throws when it is looked at'

/** How deep to follow the causes of an error. */
const MAX_CAUSES = 8

/**
 * Reads the stacks of an error and its causes. Until then, V8 keeps alive whatever their frames refer to, such as the
 * entries of the case, for as long as the report exists.
 */
export function writeStacks(error: Error): void {
  let current: unknown = error
  for (let depth = 0; depth < MAX_CAUSES && isError(current); depth++) {
    void current.stack
    current = current.cause
  }
}

/** The message of a thrown value; a backend may throw anything. */
export function messageOf(reason: unknown): string {
  try {
    return messageFrom(reason)
  } catch {
    return UNREADABLE
  }
}

function messageFrom(reason: unknown): string {
  return isError(reason) ? String(reason.message) : `${shown(reason)} was thrown, which is not an error`
}

/** A value as text for a message, shortened because it may have any size. */
export function shown(value: unknown): string {
  try {
    return inspect(value, { maxStringLength: 80, maxArrayLength: 10, depth: 4, breakLength: Infinity })
  } catch {
    return 'a value that throws when it is looked at'
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

/** `instanceof` for a value that may throw when it is inspected. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
