import type { Context } from '../context.ts'
import type { FilterOptions } from '../filters/filter-options.ts'
import { type Filters, filtersOf } from '../filters/filters.ts'
import { FILTER_NAMES, type FilterName } from './contract.ts'

/** The options of the command line that the filters of an address stand for. */
const OPTIONS = {
  user: 'user',
  model: 'model',
  session: 'session',
  status: 'status',
  since: 'since',
  until: 'until',
  text: 'grep',
} as const satisfies Record<Exclude<FilterName, 'metadata'>, keyof FilterOptions>

/**
 * Reads the filters of an address as those of the command line: what `audit query` takes, the page takes. An empty one is
 * none. Throws CommandError as `filtersOf` does.
 */
export function filtersOfAddress(context: Context, params: URLSearchParams, sessionKey: string): Filters {
  const given = FILTER_NAMES.flatMap(name => {
    const value = params.get(name)
    return name === 'metadata' || value === null || value === '' ? [] : [[OPTIONS[name], value] as const]
  })
  const metadata = params.getAll('metadata').filter(pair => pair !== '')
  return filtersOf(context, { ...Object.fromEntries(given), metadata, sessionKey })
}
