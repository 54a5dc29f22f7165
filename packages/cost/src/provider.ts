import { findProvider } from '@pydantic/genai-prices'

/** The names under which OpenTelemetry, the AI SDK and LangChain know the providers of the price list. */
const NAMES = new Map([
  ['aws.bedrock', 'aws'],
  ['amazon-bedrock', 'aws'],
  ['bedrock', 'aws'],
  ['azure.ai.openai', 'azure'],
  ['azure.ai.inference', 'azure'],
  ['az.ai.openai', 'azure'],
  ['az.ai.inference', 'azure'],
  ['azure-openai', 'azure'],
  ['gcp.gemini', 'google'],
  ['gcp.vertex_ai', 'google'],
  ['gcp.gen_ai', 'google'],
  ['gemini', 'google'],
  ['vertex_ai', 'google'],
  ['fireworks_ai', 'fireworks'],
  ['mistral_ai', 'mistral'],
  ['mistralai', 'mistral'],
  ['moonshot_ai', 'moonshotai'],
  ['together_ai', 'together'],
  ['togetherai', 'together'],
  ['x_ai', 'x-ai'],
  ['xai', 'x-ai'],
])

/**
 * The provider's id in the price list, or `null`. Only whole names count: the list itself takes every name that holds
 * `openai` for OpenAI, also that of a server that merely speaks its protocol.
 */
export function providerId(name: string): string | null {
  const given = name.toLowerCase()
  const id = NAMES.get(given) ?? given
  return findProvider({ providerId: id })?.id === id ? id : null
}

/** The provider that a model is usually called at, as its id in the price list, or `null`: for a call that names none. */
export function usualProvider(model: string): string | null {
  const own = USUAL.find(([pattern]) => pattern.test(model))
  return own ? own[1] : (findProvider({ modelId: model })?.id ?? null)
}

/** What the price list cannot tell by the model's id. */
const USUAL: readonly (readonly [RegExp, string])[] = [
  [/^arn:aws/, 'aws'],
  [/^(?:[a-z-]+\.)?(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral)\./, 'aws'],
  [/^(?:ft:|chatgpt-|text-embedding-)/, 'openai'],
]
