/** A value as JSON has it: bytes in base64, a URL as its text. `undefined` for what no JSON can hold, such as a circle. */
export function exactJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, replaced))
  } catch {
    return undefined
  }
}

/** Looks at the value itself: a Buffer has made itself an object by now. */
function replaced(this: unknown, key: string, value: unknown): unknown {
  const original: unknown = Object(this)[key]
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64')
  return typeof value === 'bigint' ? String(value) : value
}

/** The JSON of a value, as text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(exactJson(value)) ?? ''
}
