import type { Lookup } from '../contract.ts'
import { pathTo } from './address.ts'
import { formatCount } from './format.ts'
import { Link } from './router.tsx'
import { Word } from './text.tsx'
import { useLoaded } from './use-loaded.ts'

const NO_FILTERS = new URLSearchParams()

/** What somebody may have meant who looked for an id, its beginning, an index or a session; nothing where there is none. */
export function LookupLinks({ text }: { readonly text: string }) {
  const { data } = useLoaded<Lookup>(`/api/lookup?${new URLSearchParams({ text })}`)
  if (!data || (data.entries.length === 0 && !data.isSession)) return null
  return (
    <p class="note" role="status">
      By its id, index or session:{' '}
      {data.entries.map(({ entryId, index }) => (
        <span key={entryId}>
          <Link to={pathTo.entry(entryId, NO_FILTERS)}>entry {formatCount(index)}</Link>{' '}
        </span>
      ))}
      {data.isCut && data.entries.length > 0 && 'and perhaps more '}
      {data.isSession && (
        <Link to={pathTo.session(text)}>
          session <Word text={text} />
        </Link>
      )}
    </p>
  )
}
