import { useEffect } from 'preact/hooks'
import type { EntryDetail, LogInfo, Lookup, Neighbours as NeighbourIds } from '../contract.ts'
import { pathTo } from './address.ts'
import { apiPath } from './api-path.ts'
import { Conversation } from './conversation.tsx'
import { CopyButton } from './copy-button.tsx'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { EntryFacts } from './entry-facts.tsx'
import { EntryProof } from './entry-proof.tsx'
import { EntryRows } from './entry-rows.tsx'
import { formatCount } from './format.ts'
import { RelatedEntries } from './related-entries.tsx'
import { Link, leave, navigate } from './router.tsx'
import { useShortcuts } from './shortcuts.ts'
import { Time } from './time.tsx'
import { useLoaded } from './use-loaded.ts'

const NO_FILTERS = new URLSearchParams()

/** One entry in full. */
export function EntryView({
  log,
  id,
  filters,
}: {
  readonly log: LogInfo
  readonly id: string
  readonly filters: URLSearchParams
}) {
  const path = apiPath.entry(id)
  const { data: detail, error, isLoading } = useLoaded<EntryDetail>(path)
  const { data: neighbours } = useLoaded<NeighbourIds>(`${path}/neighbours?${filters}`)
  const go = (to: string | null | undefined) => (to ? () => navigate(pathTo.entry(to, filters)) : undefined)
  const [newer, older] = [go(neighbours?.newer), go(neighbours?.older)]
  useShortcuts({
    k: newer,
    ArrowLeft: newer,
    j: older,
    ArrowRight: older,
    Escape: () => leave(pathTo.entries(filters)),
  })
  if (error) return <NoEntry id={id} error={error} />
  if (!detail) return <div class="page-ghost" aria-busy={isLoading} />
  const { entry } = detail
  return (
    <article class="entry">
      <div class="entry-head">
        <div>
          <h1>Entry {formatCount(entry.index)}</h1>
          <p class="muted">
            <Time timestamp={entry.timestamp} /> UTC
          </p>
        </div>
        <Neighbours ids={neighbours} filters={filters} />
      </div>
      <div class="entry-body">
        <section aria-label="Conversation">
          <Conversation entry={entry} />
          <div class="actions">
            <CopyButton label="Copy as text" text={() => `${entry.inputText}\n\n${entry.outputText}`} />
            <CopyButton label="Copy as JSON" text={() => JSON.stringify(entry, undefined, 2)} />
            <CopyButton label="Copy id" text={() => entry.entryId} />
            <CopyButton label="Copy link" text={() => location.href} />
            <button type="button" class="button" onClick={() => print()}>
              Print
            </button>
          </div>
        </section>
        <EntryFacts log={log} entry={entry} />
      </div>
      <EntryProof log={log} detail={detail} />
      <RelatedEntries id={entry.entryId} />
    </article>
  )
}

function Neighbours({
  ids,
  filters,
}: {
  readonly ids: NeighbourIds | undefined
  readonly filters: URLSearchParams
}) {
  return (
    <nav class="neighbours" aria-label={filters.size > 0 ? 'Entries that match the filters' : 'Entries'}>
      <Link to={pathTo.entries(filters)} class="button">
        {filters.size > 0 ? 'Matching entries' : 'All entries'}
      </Link>
      <Neighbour id={ids?.newer} filters={filters} label="← Newer" />
      <Neighbour id={ids?.older} filters={filters} label="Older →" />
    </nav>
  )
}

function Neighbour({
  id,
  filters,
  label,
}: {
  readonly id: string | null | undefined
  readonly filters: URLSearchParams
  readonly label: string
}) {
  if (!id) {
    return (
      <span class="button" aria-disabled="true">
        {label}
      </span>
    )
  }
  return (
    <Link to={pathTo.entry(id, filters)} class="button">
      {label}
    </Link>
  )
}

function NoEntry({ id, error }: { readonly id: string; readonly error: Error }) {
  const isMissing = 'code' in error && error.code === 'AUDIT_NOT_FOUND'
  const text = new URLSearchParams({ text: id })
  const { data, isLoading } = useLoaded<Lookup>(isMissing ? `/api/lookup?${text}` : undefined)
  const [first, ...others] = data?.entries ?? []
  const unique = first && others.length === 0 && !data?.isCut ? first.entryId : undefined
  useEffect(() => {
    if (unique !== undefined) navigate(pathTo.entry(unique, NO_FILTERS), { replaces: true })
  }, [unique])
  if (!isMissing) return <ErrorState error={error} heading="h1" />
  if (isLoading || unique !== undefined) return <div class="page-ghost" aria-busy="true" />
  if (first) {
    return (
      <section class="related" aria-label="Entries whose ids begin so">
        <h1>Several ids begin so</h1>
        <EntryRows rows={[first, ...others]} filters={NO_FILTERS} />
        {data?.isCut && <p class="muted">There may be more: the log was not looked through to its end.</p>}
      </section>
    )
  }
  return (
    <EmptyState title="There is no such entry">
      <p>
        This log has no entry with that id, a beginning like that, or that index. Look for it among{' '}
        <Link to="/entries">all entries</Link>, or in another log.
      </p>
    </EmptyState>
  )
}
