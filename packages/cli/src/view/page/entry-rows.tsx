import { useEffect, useRef } from 'preact/hooks'
import type { EntryRow } from '../contract.ts'
import { pathTo } from './address.ts'
import { formatCostAligned, formatDuration, formatExactCost } from './format.ts'
import { Link, useLeftEntry } from './router.tsx'
import { useShortcuts } from './shortcuts.ts'
import { StatusBadge } from './status-badge.tsx'
import { Preview, Word } from './text.tsx'
import { Time } from './time.tsx'

interface EntryRowsProps {
  readonly rows: readonly EntryRow[]
  /** Those of the list that the entries are opened from. */
  readonly filters: URLSearchParams
}

/**
 * The list of a view: `j`, `k` and the arrows move, Enter opens. Whoever comes back from an entry is where they were.
 *
 * @param props.onEnd is asked for more when somebody moves on from the last one; `undefined` where there is no more.
 */
export function EntryList({
  onEnd,
  ...props
}: EntryRowsProps & { readonly onEnd: (() => void) | undefined }) {
  const list = useRef<HTMLDivElement>(null)
  const awaited = useRef<number | undefined>(undefined)
  const { rows } = props
  const focus = (at: number) => {
    const link = list.current?.querySelectorAll('a')[at]
    link?.focus({ preventScroll: true })
    link?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => {
    if (awaited.current === undefined || awaited.current >= rows.length) return
    focus(awaited.current)
    awaited.current = undefined
  }, [rows.length])
  const left = useLeftEntry()
  useEffect(() => {
    const at = rows.findIndex(({ entryId, index }) => entryId === left || `${index}` === left)
    if (at !== -1 && document.activeElement === document.body) focus(at)
  }, [])
  const move = (step: number) => () => {
    const links: readonly Element[] = [...(list.current?.querySelectorAll('a') ?? [])]
    const current = document.activeElement ? links.indexOf(document.activeElement) : -1
    const next = current === -1 ? 0 : Math.max(0, current + step)
    if (next < links.length) return focus(next)
    awaited.current = next
    onEnd?.()
  }
  useShortcuts({ j: move(1), ArrowDown: move(1), k: move(-1), ArrowUp: move(-1) })
  return (
    <div ref={list}>
      <EntryRows {...props} />
    </div>
  )
}

/** Entries, each of which is a link. */
export function EntryRows({ rows, filters }: EntryRowsProps) {
  return (
    <div class="rows">
      <div class="row row-head" aria-hidden="true">
        <span class="number">Index</span>
        <span>Time (UTC)</span>
        <span>Asked and answered</span>
        <span>User</span>
        <span>Model</span>
        <span>Status</span>
        <span class="number">Cost</span>
        <span class="number">Latency</span>
      </div>
      <ol>
        {rows.map(row => (
          <li key={row.entryId}>
            <Row row={row} to={pathTo.entry(row.entryId, filters)} />
          </li>
        ))}
      </ol>
    </div>
  )
}

function Row({ row, to }: { readonly row: EntryRow; readonly to: string }) {
  return (
    <Link to={to} class="row">
      <span class="row-when">
        <span class="row-index number muted">{row.index}</span>
        <Time timestamp={row.timestamp} />
      </span>
      <span class="row-texts">
        <span class="row-input">
          <Preview text={row.input} />
        </span>
        <span class="row-output muted">
          <Preview text={row.output} />
        </span>
      </span>
      <span class="row-user cut">
        <Word text={row.user} />
      </span>
      <span class="row-model cut">
        <Word text={row.model} />
      </span>
      <span class="row-status">
        <StatusBadge status={row.status} />
      </span>
      <span class="row-cost number" title={row.costUsd === null ? undefined : formatExactCost(row.costUsd)}>
        {formatCostAligned(row.costUsd)}
      </span>
      <span class="row-latency number">{formatDuration(row.latencyMs)}</span>
    </Link>
  )
}
