import { invalidOptions, optionsOf } from '@audit/core/backend'
import manifest from '../package.json' with { type: 'json' }
import type { Integration } from './call.ts'
import type { Capture } from './capture.ts'
import { isIntegration } from './checked.ts'
import { Exchange } from './exchange.ts'
import { providerNameAt } from './provider-hosts.ts'
import { type Tries, triesOf } from './scope.ts'
import { sentRequest } from './wire/request.ts'

/** A function like `fetch`. */
export type Fetch = typeof globalThis.fetch

/** What `auditFetch` takes. */
export interface AuditFetchOptions {
  /**
   * Who serves the calls, by OpenTelemetry's name: `mistral_ai`; or what says it of a host. Default: known by the host, otherwise
   * the host itself, which has no published price.
   */
  readonly provider?: string | ((host: string) => string) | undefined
  /** What sends the requests. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined
  /** The integration that this is a part of. */
  readonly by?: Integration | undefined
}

const OWNER = 'auditFetch'
const OWN: Integration = { integration: manifest.name, version: manifest.version, level: 'wire' }

/**
 * A `fetch` that records each call of a model that goes through it, by the formats that OpenAI and many others speak (chat
 * completions, completions, Responses, embeddings) and by Anthropic's Messages. Any other request passes untouched. Each request is
 * an entry of its own, also where an SDK sends one again.
 *
 * It rejects as `fetch` does, and with what `user()` throws, before anything is sent. A call that cannot be recorded fails where the
 * body of its response is read, since SDKs send a request again after a `fetch` that rejects.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS`.
 *
 * @example
 * const fetch = auditFetch(capture, { provider: 'mistral_ai' })
 * const mistral = new Mistral({ httpClient: new HTTPClient({ fetcher: fetch }) })
 */
export function auditFetch(capture: Capture, options: AuditFetchOptions = {}): Fetch {
  // Known by what it does, since an application may have two copies of this package.
  if (typeof capture?.begin !== 'function')
    throw invalidOptions(OWNER, 'capture must come from createCapture()')
  const { provider, by, send } = fetchOptions(options)
  return async (input, init) => {
    const { named, bare } = withoutTries(capture, init)
    const sent = sentRequest(input, bare)
    if (!sent) return capture.claim(() => send(input, bare))
    const tries = named ?? triesOf(capture.context, by)
    const settled = capture.settle(tries)
    const request = await sent.read()
    const passOn = () => capture.claim(() => send(sent.input, sent.init))
    return new Exchange({ capture, request, provider, by, tries, settled, send: passOn }).run()
  }
}

/** What is sent does not show which call of an SDK it is a try of. */
function withoutTries({ triesKey }: Capture, init: RequestInit | undefined) {
  if (!init || !(triesKey in init)) return { named: undefined, bare: init }
  const { [triesKey]: named, ...bare }: Readonly<Record<symbol, unknown>> = { ...init }
  return { named: named as Tries, bare: bare as RequestInit } // as an integration of ours has put them together
}

function fetchOptions(options: AuditFetchOptions) {
  const given = optionsOf(options, ['provider', 'fetch', 'by'], OWNER)
  const { provider, fetch, by = OWN } = given
  if (fetch !== undefined && typeof fetch !== 'function')
    throw invalidOptions(OWNER, 'fetch must be a function')
  if (!isIntegration(by))
    throw invalidOptions(OWNER, 'by must name an integration, its version and its level')
  // Looked up at each call: an application may replace the global one later.
  const send = (fetch as Fetch | undefined) ?? ((...sent: Parameters<Fetch>) => globalThis.fetch(...sent))
  return { provider: providerFrom(provider), by, send }
}

function providerFrom(given: unknown): (host: string) => string {
  if (given === undefined) return providerNameAt
  if (typeof given === 'string') return () => given
  if (typeof given === 'function') return given as (host: string) => string // what it returns is checked with each call
  throw invalidOptions(OWNER, 'provider must be a string, or a function of the host')
}
