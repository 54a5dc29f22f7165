import type { LogInfo, MatchCount } from '../contract.ts'
import { DownloadLinks } from './download-links.tsx'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { EntryList as List } from './entry-rows.tsx'
import { FilterBar } from './filter-bar.tsx'
import { formatCount, formatTime, plural } from './format.ts'
import { LookupLinks } from './lookup-links.tsx'
import { Link } from './router.tsx'
import { type EntryList, useEntryList } from './use-entry-list.ts'
import { useLoaded } from './use-loaded.ts'

/** The entries that match the filters, newest first. */
export function EntriesView({ log, filters }: { readonly log: LogInfo; readonly filters: URLSearchParams }) {
  const { list, loadMore, loadAnew, stop } = useEntryList(String(filters), log.size)
  const { data: match } = useLoaded<MatchCount>(`/api/count?${filters}`, list.size)
  const newer = log.size - list.size
  const text = filters.get('text')
  const showNewer = () => {
    loadAnew()
    window.scrollTo(0, 0)
  }
  return (
    <>
      <h1 class="visually-hidden">Entries</h1>
      <FilterBar log={log} filters={filters} />
      {text !== null && <LookupLinks text={text.trim()} />}
      <div class="list-head">
        <p role="status">{list.error ? '' : summaryOf(list, match)}</p>
        {list.state === 'loading' && list.searchedBackTo !== null && (
          <button type="button" class="button" onClick={stop}>
            Stop
          </button>
        )}
        {newer > 0 && (
          <button type="button" class="button accent" onClick={showNewer}>
            Show {plural(newer, 'newer entry', 'newer entries')}
          </button>
        )}
        <DownloadLinks log={log} filters={filters} />
      </div>
      {list.error ? (
        <ErrorState error={list.error} />
      ) : (
        <Found log={log} list={list} filters={filters} onMore={loadMore} />
      )}
      <More list={list} onMore={loadMore} />
    </>
  )
}

function Found({
  log,
  list,
  filters,
  onMore,
}: {
  readonly log: LogInfo
  readonly list: EntryList
  readonly filters: URLSearchParams
  readonly onMore: () => void
}) {
  const { rows, state, next } = list
  if (rows.length > 0) {
    const canGrow = state !== 'loading' && next !== null
    return <List rows={rows} filters={filters} onEnd={canGrow ? onMore : undefined} />
  }
  if (state === 'loading') return <div class="rows-ghost" aria-hidden="true" />
  if (log.size === 0) return <EmptyLog heading="h2" />
  return <NoMatch all="/entries" size={log.size} />
}

/** What to do where the filters leave nothing. */
export function NoMatch({ all, size }: { readonly all: string; readonly size: number }) {
  return (
    <EmptyState title="No entry matches" heading="h2">
      <p>
        Take a filter away, or look at <Link to={all}>all {formatCount(size)} entries</Link>.
      </p>
    </EmptyState>
  )
}

/** What to do with a log that has no entries yet. */
export function EmptyLog({ heading }: { readonly heading: 'h1' | 'h2' }) {
  return (
    <EmptyState title="The log is empty" heading={heading}>
      <p>
        Record the first entry with <code>log.record(…)</code>, or put <code>audit proxy</code> between your
        program and the provider. This page shows it within seconds.
      </p>
    </EmptyState>
  )
}

function summaryOf({ rows, next, searchedBackTo, state }: EntryList, match: MatchCount | undefined): string {
  if (searchedBackTo !== null && next !== null) {
    const found = `${formatCount(rows.length)} found, searched back to ${formatTime(searchedBackTo)}`
    return state === 'loading' ? `Searching … ${found}` : found
  }
  if (typeof match?.count === 'number') return plural(match.count, 'entry', 'entries')
  if (state === 'loading') return 'Searching …'
  return next === null ? plural(rows.length, 'entry', 'entries') : `${formatCount(rows.length)} and more`
}

function More({
  list: { rows, next, state },
  onMore,
}: {
  readonly list: EntryList
  readonly onMore: () => void
}) {
  if (state === 'loading') return <p class="more" />
  if (next === null) return rows.length > 0 ? <p class="more muted">This is the oldest entry.</p> : null
  return (
    <p class="more">
      <button type="button" class="button" onClick={onMore}>
        Older entries
      </button>
    </p>
  )
}
