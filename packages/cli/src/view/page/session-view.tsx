import type { AuditEntry } from '@audit/core'
import type { LogInfo, SessionPage } from '../contract.ts'
import { pathTo } from './address.ts'
import { apiPath } from './api-path.ts'
import { Conversation } from './conversation.tsx'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { formatCost, formatCostSum, formatDuration, plural, unknownCosts } from './format.ts'
import { Link, leave } from './router.tsx'
import { useShortcuts } from './shortcuts.ts'
import { StatusBadge } from './status-badge.tsx'
import { Word } from './text.tsx'
import { Time } from './time.tsx'
import { useLoaded } from './use-loaded.ts'

/** The entries of a session as one conversation, with the time between them. */
export function SessionView({ log, id }: { readonly log: LogInfo; readonly id: string }) {
  const { data, error } = useLoaded<SessionPage>(apiPath.session(id), log.size)
  const filters = new URLSearchParams({ session: id })
  useShortcuts({ Escape: () => leave(pathTo.entries(filters)) })
  if (error) return <ErrorState error={error} heading="h1" />
  if (!data) return <div class="page-ghost" aria-busy="true" />
  if (data.entries.length === 0) {
    return (
      <EmptyState title="There is no such session">
        <p>
          No entry has this session under <code>{log.sessionKey}</code>. If your program keeps sessions under
          another key, start <code>audit view</code> with <code>--session-key</code>.
        </p>
      </EmptyState>
    )
  }
  return (
    <article class="session">
      <div class="entry-head">
        <div>
          <h1>
            Session <Word text={id} />
          </h1>
          <p class="muted">{sumOf(data)}</p>
        </div>
        <Link to={pathTo.entries(filters)} class="button">
          As a list
        </Link>
      </div>
      {data.entries.map((entry, i) => (
        <Turn key={entry.entryId} entry={entry} previous={data.entries[i - 1]} filters={filters} />
      ))}
      {data.isCut && (
        <p class="more">
          <Link to={pathTo.entries(filters)} class="button">
            There is more: all entries of this session
          </Link>
        </p>
      )}
    </article>
  )
}

function sumOf({ entries, isCut }: SessionPage): string {
  const [first, last] = [entries[0], entries.at(-1)]
  const span = first && last ? Date.parse(last.timestamp) - Date.parse(first.timestamp) : 0
  const costs = entries.flatMap(({ costUsd }) => costUsd ?? [])
  const costUsd = costs.reduce((sum, each) => sum + each, 0)
  const costUnknown = entries.length - costs.length
  return [
    `${plural(entries.length, 'entry', 'entries')}${isCut ? ' of more' : ''}`,
    span > 0 ? `over ${formatDuration(span)}` : '',
    `cost ${formatCostSum({ count: entries.length, costUsd, costUnknown })}`,
    costUnknown > 0 ? unknownCosts(costUnknown) : '',
  ]
    .filter(part => part !== '')
    .join(' · ')
}

function Turn({
  entry,
  previous,
  filters,
}: {
  readonly entry: AuditEntry
  readonly previous: AuditEntry | undefined
  readonly filters: URLSearchParams
}) {
  const gap = previous ? Date.parse(entry.timestamp) - Date.parse(previous.timestamp) : undefined
  const status = entry.metadata['audit.status']
  return (
    <>
      {gap !== undefined && <p class="gap">{formatDuration(gap)} later</p>}
      <section class="turn">
        <h2 class="turn-head">
          <Link to={pathTo.entry(entry.entryId, filters)}>
            <Time timestamp={entry.timestamp} /> UTC
          </Link>
          <StatusBadge status={typeof status === 'string' ? status : null} />
          <span class="muted">
            {entry.latencyMs === null ? 'latency unknown' : formatDuration(entry.latencyMs)} ·{' '}
            {entry.costUsd === null ? 'cost unknown' : formatCost(entry.costUsd)}
          </span>
        </h2>
        <Conversation entry={entry} />
      </section>
    </>
  )
}
