import type { Fetch } from '@audit/capture'
import { invalidOptions } from '@audit/core/backend'

/** A client of OpenAI's SDK, as far as its types are the same in all versions. */
export interface AuditableClient {
  baseURL: string
  maxRetries: number
  request(...options: never[]): unknown
}

/** What a client also has, and its types hide or give in several forms. */
export interface ClientInside {
  readonly baseURL: string
  readonly maxRetries: number
  fetch: Fetch
  readonly request: (...options: unknown[]) => unknown
  readonly withOptions?: (...options: unknown[]) => AuditableClient
}

const OWNER = 'auditOpenAI'
const OLDEST = 4
const NEWEST = 7

/** Checks that this is a client that can be recorded. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function insideOf(client: unknown): ClientInside {
  const given: Readonly<Record<string, unknown>> = Object(client)
  const isClient =
    typeof given.fetch === 'function' &&
    typeof given.request === 'function' &&
    typeof given.baseURL === 'string' &&
    typeof given.maxRetries === 'number'
  if (!isClient) throw invalid('client must be a client of the SDK: new OpenAI()')
  if (!Object.isExtensible(client)) throw invalid('client is frozen or sealed; record it before that')
  const major = majorOf(given)
  if (major !== undefined && (major < OLDEST || major > NEWEST)) {
    throw invalid(`version ${major} of openai is not known; ${OLDEST} to ${NEWEST} are`)
  }
  if (usesX509(given)) throw invalid('a client that authenticates by X.509 lets nobody see its requests')
  return client as ClientInside // it has all of it, as checked above
}

/** Whether it is an `AzureOpenAI`: the only client with a version of the API. */
export function isAzure(client: ClientInside): boolean {
  return 'apiVersion' in client && typeof client.apiVersion === 'string'
}

/** The version that the client tells providers: `OpenAI/JS 7.57.0`. */
function majorOf(client: Readonly<Record<string, unknown>>): number | undefined {
  if (typeof client.getUserAgent !== 'function') return undefined
  const [, major] = /\/JS (\d+)\./.exec(String(client.getUserAgent())) ?? []
  return major === undefined ? undefined : Number(major)
}

function usesX509({ _options }: Readonly<Record<string, unknown>>): boolean {
  const { x509Transport, workloadIdentity }: Readonly<Record<string, unknown>> = Object(_options)
  const { type }: { readonly type?: unknown } = Object(workloadIdentity)
  return x509Transport !== undefined || type === 'x509'
}

function invalid(reason: string) {
  return invalidOptions(OWNER, reason)
}
