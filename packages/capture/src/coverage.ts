import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { AuditError } from '@audit/core'
import type { CheckedOptions } from './capture-options.ts'
import { isClaimed } from './claims.ts'
import { hostMatcher } from './provider-hosts.ts'

/** What `capture.coverage()` tells. */
export interface Coverage {
  /** How many requests left this process for hosts of known providers, or were refused by `strict`. */
  readonly requests: number
  /** How many of them an integration has seen. */
  readonly claimed: number
  /** The others, by host: what nobody recorded. */
  readonly unclaimed: Readonly<Record<string, number>>
  /** What this cannot see, and so cannot count. */
  readonly cannotSee: readonly string[]
}

/** What goes past the channels that are watched. */
const CANNOT_SEE: readonly string[] = Object.freeze([
  'what is said over a WebSocket, such as the Realtime API: only its opening is counted',
  'HTTP/2 and raw sockets, such as gRPC',
  'other processes and worker threads, such as an agent that runs as a subprocess',
  'requests that left before the capture was made',
  'hosts that are not known: name them in the option hosts',
])

/** A request of undici, or of node:http, as their diagnostics channels show it. */
interface SeenRequest {
  /** The object that all channels show of it. */
  readonly identity: object
  /** Where it goes, in each way in which it says that: the first that is a provider's counts. */
  readonly hosts: readonly string[]
  refuse(error: Error): void
}

/** Counts requests to providers from the diagnostics channels of undici, which `fetch` is made of, and of node:http. */
export class CoverageWatch {
  readonly #isProvider: (host: string) => boolean
  readonly #strict: boolean
  readonly #seen = new WeakSet<object>()
  #requests = 0
  #claimed = 0
  readonly #unclaimed = new Map<string, number>()
  readonly #listeners: readonly (readonly [channel: string, listener: (message: unknown) => void])[] = [
    ['undici:request:create', message => this.#see(undiciRequest(message))],
    ['http.client.request.created', message => this.#see(httpRequest(message))],
    ['http.client.request.start', message => this.#see(httpRequest(message))], // Node.js 22 may have no other
  ]

  constructor({ hosts, strict }: Pick<CheckedOptions, 'hosts' | 'strict'>) {
    this.#isProvider = hostMatcher(hosts)
    this.#strict = strict
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener)
  }

  /** Looks no more. */
  stop(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener)
  }

  report(): Coverage {
    return {
      requests: this.#requests,
      claimed: this.#claimed,
      unclaimed: Object.fromEntries(this.#unclaimed),
      cannotSee: CANNOT_SEE,
    }
  }

  #see(request: SeenRequest | undefined): void {
    const host = request?.hosts.find(this.#isProvider)
    if (!request || host === undefined || this.#seen.has(request.identity)) return
    this.#seen.add(request.identity)
    this.#requests++
    if (isClaimed()) {
      this.#claimed++
      return
    }
    this.#unclaimed.set(host, (this.#unclaimed.get(host) ?? 0) + 1)
    if (!this.#strict) return
    request.refuse(
      new AuditError(
        'AUDIT_UNRECORDED_CALL',
        `a request to ${host} would go past every integration; wrap its client, or send it with auditFetch`,
      ),
    )
  }
}

function undiciRequest(message: unknown): SeenRequest | undefined {
  const { request }: { readonly request?: unknown } = Object(message)
  const { origin }: { readonly origin?: unknown } = Object(request)
  const host = hostOf(origin)
  if (host === undefined) return undefined
  return {
    identity: Object(request),
    hosts: [host],
    refuse: error => fail(request, ['onResponseError', 'onError'], error),
  }
}

function httpRequest(message: unknown): SeenRequest | undefined {
  const { request }: { readonly request?: unknown } = Object(message)
  const { host, protocol, getHeader }: Readonly<Record<string, unknown>> = Object(request)
  if (typeof host !== 'string' || typeof protocol !== 'string') return undefined
  const named: unknown = typeof getHeader === 'function' ? getHeader.call(request, 'host') : undefined
  // The header alone has the port; but it can name another host than the one that the request goes to.
  const hosts = typeof named === 'string' ? [named, host] : [host]
  return { identity: Object(request), hosts, refuse: error => fail(request, ['destroy'], error) }
}

function hostOf(origin: unknown): string | undefined {
  if (typeof origin !== 'string' && !(origin instanceof URL)) return undefined
  return URL.parse(String(origin))?.host
}

/** Ends a request before it leaves, by the first of these methods that it has. */
function fail(request: unknown, names: readonly string[], error: Error): void {
  const methods: Readonly<Record<string, unknown>> = Object(request)
  for (const name of names) {
    const method = methods[name]
    if (typeof method === 'function') return void method.call(request, error)
  }
}
