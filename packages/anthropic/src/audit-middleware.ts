import { auditFetch, type Capture, type Integration, providerAt } from '@audit/capture'
import { invalidOptions } from '@audit/core/backend'
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
const PROVIDER = 'anthropic'
const provider = (host: string) => providerAt(host) ?? PROVIDER

const middlewares = new WeakMap<Capture, AuditMiddleware>()

/**
 * A middleware for a client of `@anthropic-ai/sdk` from 0.101 on, which records each call of a model, however it ends. A call that the
 * SDK sends again is one entry. Older versions ignore middleware: give them `auditFetch` of `@audit/capture`. There is one for each
 * capture, so that a client that has it twice records once.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for a capture that is none.
 *
 * @example
 * const anthropic = new Anthropic({ middleware: [auditMiddleware(capture)] })
 */
export function auditMiddleware(capture: Capture): AuditMiddleware {
  if (typeof capture?.begin !== 'function')
    throw invalidOptions('auditMiddleware', 'capture must come from createCapture()')
  const middleware = middlewares.get(capture) ?? createMiddleware(capture)
  middlewares.set(capture, middleware)
  return middleware
}

function createMiddleware(capture: Capture): AuditMiddleware {
  const calls = new WeakMap<object, Attempts>()
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
