import { providerNamed, providerOfModel, readOr, recordOf, stringOf } from '@audit/capture/integration'

/** The options by which classes of LangChain take an address: `baseUrl`, `azure_endpoint`, `openai_api_base`. */
const ADDRESS = /(?:url|endpoint|api_?base|base_?path|host)$/i

/** Those that they pass on to a client, and the client itself. */
const OF_CLIENT = /client|config|options/i

/** Where LangChain's classes look for an address that no option names. */
const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  openai: ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
  anthropic: ['ANTHROPIC_API_URL', 'ANTHROPIC_BASE_URL'],
}

/** What is known of who serves a model. */
export interface ServedModel {
  /** The provider that its class names, its `ls_provider`. */
  readonly named: unknown
  /** The model, or the options that it was made with; `undefined` if LangChain does not show them. */
  readonly settings: unknown
  /** Who serves a host that is not known, as the application says. */
  readonly given: string | undefined
}

/** OpenTelemetry's name of who serves a model, before its request leaves. */
export function providerServing({ named, settings, given }: ServedModel): string {
  const name = stringOf(named)?.toLowerCase()
  const host = hostIn(settings) ?? hostOfEnvironment(name)
  // A model that is given no address asks the provider that its class is for.
  if (host === undefined && settings !== undefined) return providerNamed(name ?? '') ?? 'unknown'
  return providerOfModel({ host, named: name, given })
}

/** The host that the settings of a model name, or those of its client. */
function hostIn(settings: unknown, depth = 2): string | undefined {
  if (depth === 0) return undefined
  const entries = readOr(
    () => Object.entries(recordOf(settings)),
    () => [],
  )
  const own = entries.map(([key, value]) => (ADDRESS.test(key) ? hostOf(value) : undefined))
  const ofClient = entries.map(([key, value]) => (OF_CLIENT.test(key) ? hostIn(value, depth - 1) : undefined))
  return [...own, ...ofClient].find(host => host !== undefined)
}

function hostOfEnvironment(name: string | undefined): string | undefined {
  const variables = ENVIRONMENT[name ?? ''] ?? []
  return variables.map(variable => hostOf(process.env[variable])).find(host => host !== undefined)
}

/** The host of a URL, or of a host that stands alone: `bedrock.example.com`. */
function hostOf(address: unknown): string | undefined {
  const text = stringOf(address) ?? ''
  if (text.includes('://')) return URL.parse(text)?.host
  return /^[\w-]+(?:[.:][\w-]+)+(?:\/|$)/.test(text) ? URL.parse(`https://${text}`)?.host : undefined
}
