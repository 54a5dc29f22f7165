import { type Address, pathTo } from './address.ts'

const NO_FILTERS = new URLSearchParams()

/** Where the server answers. */
export const apiPath = {
  log: '/api/log',
  trust: '/api/trust',
  overview: (filters: URLSearchParams) => `/api/overview?${filters}`,
  entries: (filters: URLSearchParams) => `/api/entries?${filters}`,
  entry: (id: string) => `/api${pathTo.entry(id, NO_FILTERS)}`,
  session: (session: string) => `/api/session?${new URLSearchParams({ session })}`,
}

/** What a view asks for first. */
export function firstPathsOf(address: Address): readonly string[] {
  const common = [apiPath.log, apiPath.trust]
  switch (address.view) {
    case 'overview':
      return [...common, apiPath.overview(address.filters)]
    case 'entries':
      return [...common, apiPath.entries(address.filters)]
    case 'entry':
      return [...common, apiPath.entry(address.id)]
    case 'session':
      return [...common, apiPath.session(address.id)]
    default:
      return common
  }
}
