import { clearTimeout, setTimeout } from 'node:timers'

/** Something did not settle within its time. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded'
}

/**
 * Resolves or rejects as `work` does, or rejects with `TimeLimitExceeded` if it has not settled after `ms` milliseconds.
 * What `work` does later is ignored.
 *
 * @param what names what did not settle, for the message; it is called when the time is over.
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
