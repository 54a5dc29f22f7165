import {
  auditFetch,
  type Capture,
  type Fetch,
  type Integration,
  providerAt,
  type Tries,
} from '@audit/capture'
import { signalOf } from '@audit/capture/integration'
import { optionsOf } from '@audit/core/backend'
import manifest from '../package.json' with { type: 'json' }
import { type AuditableClient, type ClientInside, insideOf, isAzure } from './client.ts'

const BY: Integration = { integration: manifest.name, version: manifest.version, level: 'wire' }
const OWNER = 'auditOpenAI'
const AZURE = 'azure.ai.openai'

/** What `auditOpenAI` takes. */
export interface AuditOpenAIOptions {
  /**
   * Who serves a host that is not known, such as a gateway, by OpenTelemetry's name: `openai`, `groq`; or what says it of any host.
   * Calls are priced by it. Default: that host itself, which has no published price; for an `AzureOpenAI`, `azure.ai.openai`.
   */
  readonly provider?: string | ((host: string) => string) | undefined
}

/** Which captures record a client. */
const recording = new WeakMap<object, Set<Capture>>()

/** The functions that record, so that a clone that has one already is not given another. */
const recordingFetches = new WeakMap<Fetch, Capture>()

/**
 * Makes a client of OpenAI's SDK record each call of a model, however it ends: the same object, of the same type. A call that the
 * SDK sends again is one entry. The clones that `withOptions` makes record too.
 *
 * @param client of `openai` 4 to 7, also an `AzureOpenAI`, or one for another provider that speaks the same format.
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for anything else, for an unknown option or one of a wrong type, and for a client that
 *   authenticates by X.509, which lets nobody see its requests.
 *
 * @example
 * const openai = auditOpenAI(new OpenAI(), capture)
 */
export function auditOpenAI<Client extends AuditableClient>(
  client: Client,
  capture: Capture,
  options: AuditOpenAIOptions = {},
): Client {
  optionsOf(options, ['provider'], OWNER)
  const { provider } = options
  const inside = insideOf(client)
  const captures = recording.get(client) ?? new Set()
  if (captures.has(capture)) return client
  recordFetch(inside, capture, provider)
  recordRequest(inside, capture)
  recordClones(inside, capture, options)
  recording.set(client, captures.add(capture))
  return client
}

function recordFetch(client: ClientInside, capture: Capture, given: AuditOpenAIOptions['provider']): void {
  if (recordingFetches.get(client.fetch) === capture) return
  const named = given ?? (isAzure(client) ? AZURE : undefined) // who uses the client for Azure has said it
  const provider = typeof named === 'string' ? (host: string) => providerAt(host) ?? named : named
  client.fetch = auditFetch(capture, { provider, fetch: client.fetch, by: BY })
  recordingFetches.set(client.fetch, capture)
}

/** All requests that the SDK sends for one `request()` are one call. */
function recordRequest(client: ClientInside, capture: Capture): void {
  const request = client.request
  const recorded = function (this: unknown, options: unknown, remaining: unknown = null, ...more: unknown[]) {
    const tries: Tries = { by: BY, most: client.maxRetries + 1, startedAt: performance.now() }
    const send = (given: Promise<unknown>) => request.call(this, given, remaining, ...more)
    try {
      return capture.withTries(tries, () => {
        const answer = send(
          Promise.resolve(options).then(resolved => adopt(capture, tries, resolved, remaining)),
        )
        endWith(answer, tries)
        return answer
      })
    } catch (error) {
      return send(Promise.reject(error)) // what user() throws: the SDK's promise rejects, as of any call that fails
    }
  }
  override(client, 'request', recorded)
}

/**
 * Takes what the options say of tries, and names those in the options for `fetch`: version 7 sends a request again from wherever
 * the answer is awaited.
 */
function adopt(capture: Capture, tries: Tries, options: unknown, remaining: unknown): object {
  const { maxRetries, signal, fetchOptions }: Readonly<Record<string, unknown>> = Object(options)
  const retries = remaining ?? maxRetries
  if (typeof retries === 'number') tries.most = retries + 1
  tries.signal = signalOf(signal)
  return { ...Object(options), fetchOptions: { ...Object(fetchOptions), [capture.triesKey]: tries } }
}

/** When the SDK gives up, for whatever reason, the call has ended. */
function endWith(answer: unknown, tries: Tries): void {
  const { asResponse }: { readonly asResponse?: unknown } = Object(answer)
  if (typeof asResponse !== 'function') return
  const response: Promise<unknown> = asResponse.call(answer)
  response.catch(error => {
    const errorType = error instanceof Error ? error.constructor.name : typeof error
    tries.call?.abandon(tries.call.expected ?? { status: 'error', errorType })
  })
}

function recordClones(client: ClientInside, capture: Capture, named: AuditOpenAIOptions): void {
  const { withOptions } = client
  if (!withOptions) return // there is none before version 5
  override(client, 'withOptions', function (this: unknown, ...options: unknown[]) {
    const clone: AuditableClient = withOptions.call(this, ...options)
    return auditOpenAI(clone, capture, named)
  })
}

/**
 * Hides a method of the class behind one of the object, which nobody sees who lists its properties. It is called with whatever
 * `this` the SDK calls it with: behind a Proxy, the client's private members are those of the object itself.
 */
function override(client: ClientInside, name: 'request' | 'withOptions', value: unknown): void {
  Object.defineProperty(client, name, { value, writable: true, configurable: true, enumerable: false })
}
