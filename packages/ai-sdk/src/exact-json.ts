import { type Replace, jsonText as textOf } from '@audit/capture/integration'

/** A value as JSON has it: bytes in base64, a URL as its text. What no JSON can hold, such as a circle, is shown by its name. */
export function exactJson(value: unknown): unknown {
  const text = jsonText(value)
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : text
  }
}

/** Looks at the value itself: a Buffer has made itself an object by now. */
function replaced(this: unknown, key: string, value: unknown): unknown {
  const original: unknown = Object(this)[key]
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64')
  return typeof value === 'bigint' ? String(value) : value
}

/** The JSON of a value, as text. It never throws. */
export function jsonText(value: unknown, replace: Replace = replaced): string {
  return textOf(value, replace)
}
