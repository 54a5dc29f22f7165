/** Takes what a hook returned though it is not awaited: a promise must not end the process when it rejects. */
export function leaveUnawaited(given: unknown): void {
  if (given instanceof Promise) given.catch(() => undefined)
}
