import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { EntryPage, EntryRow } from '../contract.ts'
import { getJson } from './api.ts'
import { apiPath } from './api-path.ts'

/** A list of entries that grows page by page. */
export interface EntryList {
  /** How many entries the log had when it was begun. */
  readonly size: number
  readonly rows: readonly EntryRow[]
  /** Where the next page begins; `null` at the end. */
  readonly next: string | null
  /** How far a search in texts has looked back. */
  readonly searchedBackTo: string | null
  readonly state: 'loading' | 'ready' | 'stopped'
  readonly error: Error | undefined
}

/** Lists as they were left, by their filters, so that going back shows them at once, also while the log grows. */
const KEPT = new Map<string, EntryList>()
const MOST_KEPT = 10

/**
 * The entries that match, newest first.
 *
 * @param filters as they stand in the address. @param size how many entries the log has by now.
 */
export function useEntryList(filters: string, size: number) {
  const [list, setList] = useState<EntryList>(() => KEPT.get(filters) ?? emptyList(size))
  const newest = useRef(size)
  newest.current = size
  const running = useRef(new AbortController())
  const load = useCallback(
    async (from: EntryList) => {
      const stop = new AbortController()
      running.current.abort()
      running.current = stop
      setList({ ...from, state: 'loading', error: undefined })
      await loadFrom(from, filters, stop.signal, next => {
        keep(filters, next)
        setList(next)
      }).catch(error => {
        if (!stop.signal.aborted) setList({ ...from, state: 'stopped', error })
      })
    },
    [filters],
  )
  // In the layout, and not after it was painted: nobody is to wait for that.
  useLayoutEffect(() => {
    const kept = KEPT.get(filters)
    if (kept) setList(kept)
    else void load(emptyList(newest.current))
    return () => running.current.abort()
  }, [filters, load])
  const stop = () => {
    running.current.abort()
    setList(current => ({ ...current, state: 'stopped' }))
  }
  return { list, loadMore: () => void load(list), loadAnew: () => void load(emptyList(size)), stop }
}

function emptyList(size: number): EntryList {
  return { size, rows: [], next: null, searchedBackTo: null, state: 'loading', error: undefined }
}

/** Loads a page. A search in texts comes in pieces, until there is a page of them. */
async function loadFrom(
  from: EntryList,
  filters: string,
  signal: AbortSignal,
  tell: (list: EntryList) => void,
): Promise<void> {
  let list = from
  const enough = from.rows.length + 50
  do {
    const params = new URLSearchParams(filters)
    if (list.next !== null) params.set('after', list.next)
    const page = await getJson<EntryPage>(apiPath.entries(params), signal)
    const isSearching = page.searchedBackTo !== null && list.rows.length + page.entries.length < enough
    list = {
      size: from.size,
      rows: [...list.rows, ...page.entries],
      next: page.next,
      searchedBackTo: page.searchedBackTo,
      state: isSearching ? 'loading' : 'ready',
      error: undefined,
    }
    tell(list)
  } while (list.state === 'loading')
}

function keep(filters: string, list: EntryList): void {
  KEPT.delete(filters)
  KEPT.set(filters, { ...list, state: 'ready' })
  const [oldest] = KEPT.keys()
  if (oldest !== undefined && KEPT.size > MOST_KEPT) KEPT.delete(oldest)
}
