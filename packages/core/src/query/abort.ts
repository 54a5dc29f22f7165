/**
 * The outcome of an operation, or the signal's reason as soon as it is aborted. The operation itself goes on; what becomes of
 * it is then of no interest to anybody.
 */
export async function untilAborted<T>(operation: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return operation
  operation.catch(() => {}) // it may fail after the signal
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([operation, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The items one by one, until the signal is aborted; then it throws the signal's reason. */
export function* untilAbortedEach<T>(
  items: readonly T[],
  signal: AbortSignal | undefined,
): Generator<T, void, undefined> {
  for (const item of items) {
    signal?.throwIfAborted()
    yield item
  }
}
