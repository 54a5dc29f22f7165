import type { Related } from '../contract.ts'
import { pathTo } from './address.ts'
import { EntryRows } from './entry-rows.tsx'
import { useLoaded } from './use-loaded.ts'

const NO_FILTERS = new URLSearchParams()

/** The entries that are about this one, such as an evaluation of it; nothing where there are none. */
export function RelatedEntries({ id }: { readonly id: string }) {
  const { data } = useLoaded<Related>(`/api${pathTo.entry(id, NO_FILTERS)}/related`)
  if (!data || data.aboutIt.length === 0) return null
  return (
    <section class="related" aria-label="About this entry">
      <h2>About this entry</h2>
      <EntryRows rows={data.aboutIt} filters={NO_FILTERS} />
      {data.isCut && <p class="muted">There may be more: looking through the log took too long.</p>}
    </section>
  )
}
