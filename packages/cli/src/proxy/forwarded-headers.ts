import { SESSION_HEADER, USER_HEADER } from './asker.ts'
import { TOKEN_HEADER } from './gate.ts'

/** Headers of one connection, which end here (RFC 9110, section 7.6.1). */
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** What is true of the request here alone; the request that is sent on has its own. */
const REQUEST_ONLY: readonly string[] = [
  'host',
  'expect',
  'content-length',
  'content-encoding', // a body is sent on as it is recorded: decoded
  'accept-encoding', // what comes back is decoded, too
  USER_HEADER,
  SESSION_HEADER,
  TOKEN_HEADER,
]

/** What is true of the body as the provider sent it, and no more once it is decoded. */
const RESPONSE_ONLY: readonly string[] = ['content-length', 'content-encoding']

/** The headers of a request that go on to the provider, from names and values in turn. */
export function requestHeaders(raw: readonly string[]): Headers {
  const pairs = pairsOf(raw)
  const left = endingHere(pairs, REQUEST_ONLY)
  const headers = new Headers()
  for (const [name, value] of pairs) if (!left.has(name.toLowerCase())) headers.append(name, value)
  return headers
}

/** The headers of an answer that go on to the client. */
export function responseHeaders(headers: Headers): readonly (readonly [string, string])[] {
  const pairs = [...headers]
  const left = endingHere(pairs, RESPONSE_ONLY)
  return pairs.filter(([name]) => !left.has(name))
}

type Pairs = readonly (readonly [name: string, value: string])[]

function pairsOf(raw: readonly string[]): Pairs {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []))
}

/** The names of the headers that end here: also those that `Connection` names. */
function endingHere(pairs: Pairs, others: readonly string[]): ReadonlySet<string> {
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(','))
    .map(name => name.trim().toLowerCase())
  return new Set([...HOP_BY_HOP, ...others, ...named])
}
