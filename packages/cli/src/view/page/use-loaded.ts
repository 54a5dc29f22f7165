import { useEffect, useState } from 'preact/hooks'
import { getJson } from './api.ts'

/** Something that comes from the server. */
export interface Loaded<T> {
  /** What came last: while something newer is on its way, it is still shown, so that nothing jumps. */
  readonly data: T | undefined
  readonly error: Error | undefined
  readonly isLoading: boolean
}

/**
 * Loads from the server, again whenever the path changes.
 *
 * @param path `undefined` for nothing. @param version loads again when it changes.
 */
export function useLoaded<T>(path: string | undefined, version: unknown = 0): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ data: undefined, error: undefined, isLoading: true })
  useEffect(() => {
    if (path === undefined) return
    const stop = new AbortController()
    setLoaded(({ data }) => ({ data, error: undefined, isLoading: true }))
    getJson<T>(path, stop.signal).then(
      data => setLoaded({ data, error: undefined, isLoading: false }),
      error => {
        if (!stop.signal.aborted) setLoaded(({ data }) => ({ data, error, isLoading: false }))
      },
    )
    return () => stop.abort()
  }, [path, version])
  return loaded
}
