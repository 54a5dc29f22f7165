import type { Related } from '../contract.ts'
import { apiPath } from './api-path.ts'
import { EntryRows } from './entry-rows.tsx'
import { useLoaded } from './use-loaded.ts'

const NO_FILTERS = new URLSearchParams()

/** The entries that are about this one, such as an evaluation of it; nothing where there are none. */
export function RelatedEntries({ id }: { readonly id: string }) {
  const { data } = useLoaded<Related>(`${apiPath.entry(id)}/related`)
  if (!data || data.aboutIt.length === 0) return null
  return (
    <section class="related" aria-label="About this entry">
      <h2>About this entry</h2>
      <EntryRows rows={data.aboutIt} filters={NO_FILTERS} />
      {data.isCut && <p class="muted">There may be more: looking through the log took too long.</p>}
    </section>
  )
}
