import { Anthropic } from '@anthropic-ai/sdk'
import { auditFetch, type Capture } from '@audit/capture'
import { Anthropic as Anthropic0 } from 'anthropic-0'
import { Anthropic as AnthropicFetch } from 'anthropic-fetch'
import { auditMiddleware } from '../src/index.ts'

/** A client, as the tests use it: the newest one's types, which the older ones have too where a test calls them. */
export type Client = Anthropic

type ClientOptions = ConstructorParameters<typeof Anthropic>[0]

/** A version of the SDK, and how its clients record. */
export interface Sdk {
  readonly version: string
  /** Whether it has middleware, by which all requests of a call are one entry. */
  readonly hasMiddleware: boolean
  /** Makes a client that records, or with no capture one that does not. */
  create(options: ClientOptions, capture: Capture | undefined): Client
}

export const SDKS: readonly Sdk[] = [
  {
    version: '0.99',
    hasMiddleware: false,
    create: (options, capture) => {
      const fetch = capture && auditFetch(capture, { provider: 'anthropic', fetch: options?.fetch })
      const audited = fetch && { fetch }
      return as(new AnthropicFetch(as({ ...QUIET, ...options, ...audited })))
    },
  },
  {
    version: '0.137',
    hasMiddleware: true,
    create: (options, capture) => {
      const audited = capture && { middleware: [auditMiddleware(capture, { provider: 'anthropic' })] }
      return as(new Anthropic0(as({ ...QUIET, ...options, ...audited })))
    },
  },
  {
    version: '1.14',
    hasMiddleware: true,
    create: (options, capture) => {
      const audited = capture && { middleware: [auditMiddleware(capture, { provider: 'anthropic' })] }
      return new Anthropic({ ...QUIET, ...options, ...audited })
    },
  },
]

export const WITH_MIDDLEWARE = SDKS.filter(({ hasMiddleware }) => hasMiddleware)

const QUIET = { apiKey: 'none', logLevel: 'off' } as const

/** One table drives all versions, whose types differ in what the tests do not use. */
function as<Type>(value: unknown): Type {
  return value as Type
}
