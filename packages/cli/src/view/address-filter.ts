import type { Filter } from '@audit/core'
import { AuditError, STATUS_KEY } from '@audit/core/backend'
import { FILTER_NAMES } from './contract.ts'

/** The filters of an address: what the log finds by itself, and a text to look for in what it found. */
export interface AddressFilter {
  readonly filter: Filter
  /** In lower case; empty for any. */
  readonly text: string
}

/** Reads the filters of an address, as `FILTER_NAMES` names them. An empty one is none. */
export function filterOfAddress(params: URLSearchParams, sessionKey: string): AddressFilter {
  const given = Object.fromEntries(
    FILTER_NAMES.flatMap(name => {
      const value = params.get(name)
      return value === null || value === '' ? [] : [[name, value] as const]
    }),
  )
  const { user, model, session, status, since, until, text = '' } = given
  const metadata = {
    ...Object.fromEntries(params.getAll('metadata').filter(pair => pair !== '').map(pairOf)),
    ...(session !== undefined && { [sessionKey]: session }),
    ...(status !== undefined && { [STATUS_KEY]: status }),
  }
  return {
    filter: {
      ...(user !== undefined && { user }),
      ...(model !== undefined && { model }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
    text: text.toLowerCase(),
  }
}

/** `tenant=eu` is a text; `attempts=3`, `reviewed=true` and `tags=["a"]` are the JSON that they look like. */
function pairOf(pair: string): readonly [string, unknown] {
  const at = pair.indexOf('=')
  if (at < 1) throw new AuditError('AUDIT_INVALID_QUERY', 'metadata must be key=value')
  const value = pair.slice(at + 1)
  try {
    return [pair.slice(0, at), JSON.parse(value)]
  } catch {
    return [pair.slice(0, at), value]
  }
}
