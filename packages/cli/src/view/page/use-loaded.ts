import { useLayoutEffect, useState } from 'preact/hooks'
import { getJson } from './api.ts'

/** Something that comes from the server. */
export interface Loaded<T> {
  /** What came last: while something newer is on its way, it is still shown, so that nothing jumps. */
  readonly data: T | undefined
  readonly error: Error | undefined
  /** Whether nothing has come from this path yet: `data` is what another one had. */
  readonly isLoading: boolean
}

/** What came last, and from where. */
interface Answer<T> extends Pick<Loaded<T>, 'data' | 'error'> {
  readonly path: string | undefined
}

/**
 * Loads from the server, again whenever the path changes.
 *
 * @param path `undefined` for nothing. @param version loads again when it changes.
 */
export function useLoaded<T>(path: string | undefined, version: unknown = 0): Loaded<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ path: undefined, data: undefined, error: undefined })
  // In the layout, and not after it was painted: nobody is to wait for that.
  useLayoutEffect(() => {
    if (path === undefined) return
    const stop = new AbortController()
    getJson<T>(path, stop.signal).then(
      data => setAnswer({ path, data, error: undefined }),
      error => {
        if (stop.signal.aborted) return
        setAnswer(last => ({ path, data: last.path === path ? last.data : undefined, error }))
      },
    )
    return () => stop.abort()
  }, [path, version])
  const isLoading = answer.path !== path
  return { data: answer.data, error: isLoading ? undefined : answer.error, isLoading }
}
