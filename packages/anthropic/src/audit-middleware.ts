import { auditFetch, type Capture, type Integration, providerAt } from '@audit/capture'
import { invalidOptions, optionsOf } from '@audit/core/backend'
import manifest from '../package.json' with { type: 'json' }
import { Attempts } from './attempts.ts'

/** A request, as the SDK hands it to a middleware. */
export interface SentRequest extends RequestInit {
  /** Whole, with its query. */
  readonly url: string
}

/** A middleware of `@anthropic-ai/sdk`, in the types of every version that has them. */
export type AuditMiddleware = <Request extends SentRequest>(
  request: Request,
  next: (request: Request) => Promise<Response>,
  context: { readonly options?: object | undefined },
) => Promise<Response>

const BY: Integration = { integration: manifest.name, version: manifest.version, level: 'middleware' }
const OWNER = 'auditMiddleware'

/** What `auditMiddleware` takes. */
export interface AuditMiddlewareOptions {
  /**
   * Who serves a host that is not known, such as a gateway, by OpenTelemetry's name: `anthropic`; or what says it of any host.
   * Calls are priced by it. Default: that host itself, which has no published price.
   */
  readonly provider?: string | ((host: string) => string) | undefined
}

const middlewares = new WeakMap<Capture, AuditMiddleware>()

/** The calls that are being made, by the SDK's options for them: all middlewares of a capture see the same. */
const callsOf = new WeakMap<Capture, WeakMap<object, Attempts>>()

/**
 * A middleware for a client of `@anthropic-ai/sdk` from 0.101 on, which records each call of a model, however it ends. A call that the
 * SDK sends again is one entry. Older versions ignore middleware: give them `auditFetch` of `@audit/capture`. A client that
 * has it twice records once.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for a capture that is none, and for an unknown option or one of a wrong type.
 *
 * @example
 * const anthropic = new Anthropic({ middleware: [auditMiddleware(capture)] })
 */
export function auditMiddleware(capture: Capture, options: AuditMiddlewareOptions = {}): AuditMiddleware {
  if (typeof capture?.begin !== 'function')
    throw invalidOptions(OWNER, 'capture must come from createCapture()')
  optionsOf(options, ['provider'], OWNER)
  const { provider } = options
  auditFetch(capture, { provider }) // checks it, before the first request
  if (provider !== undefined) return createMiddleware(capture, provider)
  const middleware = middlewares.get(capture) ?? createMiddleware(capture, undefined)
  middlewares.set(capture, middleware)
  return middleware
}

function createMiddleware(capture: Capture, named: AuditMiddlewareOptions['provider']): AuditMiddleware {
  const provider = typeof named === 'string' ? (host: string) => providerAt(host) ?? named : named
  const calls = callsOf.get(capture) ?? new WeakMap<object, Attempts>()
  callsOf.set(capture, calls)
  return async (request, next, { options }) => {
    const known = options && calls.get(options)
    if (known?.isBeingMade(capture.context.call)) return next(request) // the same middleware around this one records
    const attempts = known?.isOver === false ? known : new Attempts(options)
    if (options) calls.set(options, attempts)
    const send = auditFetch(capture, { provider, by: BY, fetch: () => next(request) })
    const named = options ? { ...request, [capture.triesKey]: attempts.tries } : request // without options, it fetches a token
    return attempts.make(() => send(request.url, named))
  }
}
