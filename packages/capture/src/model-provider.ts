import { invalidOptions, optionsOf } from '@audit/core/backend'
import { isProvider, providerAt, providerNameAt } from './provider-hosts.ts'

/** SDKs' names of providers, in lower case and up to a dot, that are not OpenTelemetry's. */
const NAMES: readonly (readonly [name: string, provider: string])[] = [
  ['azure', 'azure.ai.openai'],
  ['azure_openai', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['amazon_bedrock', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazonbedrock', 'aws.bedrock'],
  ['aws', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['google_vertexai', 'gcp.vertex_ai'],
  ['googlevertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google_genai', 'gcp.gemini'],
  ['google', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['mistralai', 'mistral_ai'],
  ['xai', 'x_ai'],
  ['together', 'together_ai'],
  ['togetherai', 'together_ai'],
  ['fireworks', 'fireworks_ai'],
  ['watsonx', 'ibm.watsonx.ai'],
  ['moonshot', 'moonshot_ai'],
  ['moonshotai', 'moonshot_ai'],
]

/** Whoever takes a class for Azure says who serves it, since a company's gateway may stand before Azure. */
const AZURE = 'azure.ai.openai'

/** What is known of who serves a model, before its request leaves. */
export interface ModelOrigin {
  /** Where its requests go, if that is known. */
  readonly host?: string | undefined
  /** The provider that it names: `openai.responses`, `google_genai`. */
  readonly named?: string | undefined
  /** Who serves a host that is not known, as the application says. */
  readonly given?: string | undefined
}

/** OpenTelemetry's name of a provider that an SDK names `openai.responses`, `google_genai`; `undefined` for an empty name. */
export function providerNamed(name: string): string | undefined {
  const plain = name.toLowerCase()
  const known = NAMES.find(([named]) => plain === named || plain.startsWith(`${named}.`))
  return known?.[1] ?? (name.split('.')[0] || undefined)
}

/**
 * What to call who serves a model. A known host goes first, then what the application says. A model keeps the name of a known
 * provider for every server that speaks that provider's protocol, so such a name counts only at the provider's host: elsewhere,
 * it is the host, or `unknown`. Neither has a published price.
 */
export function providerOfModel({ host, named = '', given }: ModelOrigin): string {
  const provider = (host === undefined ? undefined : providerAt(host)) ?? given
  if (provider !== undefined) return provider
  const name = providerNamed(named)
  if (name !== undefined && (name === AZURE || !isProvider(name.toLowerCase()))) return name
  return host === undefined ? 'unknown' : providerNameAt(host)
}

/**
 * The option `provider` of an integration that meets models, and not their requests: who serves a host that is not known.
 *
 * @param owner whose options they are, for the message.
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option, and for one that is no string.
 */
export function givenProvider(options: unknown, owner: string): string | undefined {
  const { provider } = optionsOf(options, ['provider'], owner)
  if (provider === undefined || typeof provider === 'string') return provider
  throw invalidOptions(owner, 'provider must be a string')
}
