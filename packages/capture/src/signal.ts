/** A signal that stops a call, be it that of the platform or of a package that stands in for it; `undefined` for anything else. */
export function signalOf(value: unknown): AbortSignal | undefined {
  const { aborted, addEventListener, removeEventListener }: Readonly<Record<string, unknown>> = Object(value)
  const isSignal =
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  return isSignal ? (value as AbortSignal) : undefined // it has what is used of one
}
