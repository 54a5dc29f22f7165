import { clearTimeout, setTimeout } from 'node:timers'

/** Something did not settle in its time. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded'
}

/**
 * Resolves or rejects as `work` does, and rejects with `TimeLimitExceeded` when it has not settled after `ms`
 * milliseconds. What `work` does later is nobody's business any more.
 *
 * @param what names what did not settle, for the message; it is asked once the time is over.
 */
export async function withinTime<T>(ms: number, work: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeLimitExceeded(`${what()}: not settled within ${ms / 1000} s`))
    }, ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
