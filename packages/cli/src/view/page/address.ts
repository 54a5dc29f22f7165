import { FILTER_NAMES, type FilterName } from '../contract.ts'

/** What the address says: which view, of what, with which filters. */
export type Address =
  | { readonly view: 'overview' | 'entries'; readonly filters: URLSearchParams }
  | { readonly view: 'entry' | 'session'; readonly id: string; readonly filters: URLSearchParams }
  | { readonly view: 'nowhere'; readonly filters: URLSearchParams }

/** Reads an address of the page. */
export function parseAddress(pathname: string, search: string): Address {
  const filters = filtersOf(new URLSearchParams(search))
  const [first = '', id = '', ...rest] = pathname
    .split('/')
    .filter(part => part !== '')
    .map(decoded)
  if (rest.length > 0) return { view: 'nowhere', filters }
  if (first === '') return { view: 'overview', filters }
  if (first === 'entries' && id === '') return { view: 'entries', filters }
  if (first === 'entries') return { view: 'entry', id, filters }
  if (first === 'sessions' && id !== '') return { view: 'session', id, filters }
  return { view: 'nowhere', filters }
}

/** The address of a view. */
export const pathTo = {
  overview: (filters: URLSearchParams) => withQuery('/', filters),
  entries: (filters: URLSearchParams) => withQuery('/entries', filters),
  entry: (id: string, filters: URLSearchParams) => withQuery(`/entries/${encodeURIComponent(id)}`, filters),
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
}

/** Other values of some filters; `''` is none. Of metadata there may be several. */
export type Changes = { readonly [K in Exclude<FilterName, 'metadata'>]?: string } & {
  readonly metadata?: readonly string[]
}

/** Filters with some of them set to other values. */
export function changed(filters: URLSearchParams, changes: Changes): URLSearchParams {
  const result = new URLSearchParams(filters)
  for (const [name, value] of Object.entries(changes)) {
    result.delete(name)
    for (const each of [value].flat()) if (each !== '') result.append(name, each)
  }
  return result
}

function filtersOf(params: URLSearchParams): URLSearchParams {
  const known = FILTER_NAMES.flatMap(name => params.getAll(name).map(value => [name, value]))
  return new URLSearchParams(known.filter(([, value]) => value !== ''))
}

function withQuery(path: string, filters: URLSearchParams): string {
  return filters.size > 0 ? `${path}?${filters}` : path
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
