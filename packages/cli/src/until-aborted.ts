/** The outcome of an operation that takes no signal, or the signal's reason as soon as it is aborted. */
export async function untilAborted<T>(operation: Promise<T>, signal: AbortSignal): Promise<T> {
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
