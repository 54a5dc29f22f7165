/** The hosts of known providers, with the providers' names. `*` stands for one or more labels. */
const HOSTS: readonly (readonly [host: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['*.api.openai.com', 'openai'],
  ['*.openai.azure.com', 'azure.ai.openai'],
  ['*.cognitiveservices.azure.com', 'azure.ai.openai'],
  ['*.services.ai.azure.com', 'azure.ai.inference'],
  ['*.inference.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['*-aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['bedrock-runtime.*.amazonaws.com', 'aws.bedrock'],
  ['api.mistral.ai', 'mistral_ai'],
  ['codestral.mistral.ai', 'mistral_ai'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'x_ai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['*.ml.cloud.ibm.com', 'ibm.watsonx.ai'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together_ai'],
  ['api.together.ai', 'together_ai'],
  ['api.fireworks.ai', 'fireworks_ai'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.replicate.com', 'replicate'],
  ['router.huggingface.co', 'huggingface'],
]

const PATTERNS = HOSTS.map(([host, provider]) => ({ pattern: patternOf(host), provider }))

/** The name of the provider at a host, by OpenTelemetry where it has one; `undefined` for a host that is not known. */
export function providerAt(host: string): string | undefined {
  return PATTERNS.find(({ pattern }) => pattern.test(host))?.provider
}

/**
 * What to call who serves a host: the provider, or else the host itself, since a server that speaks a provider's protocol need not
 * be that provider. A host of one word, such as `openai` in a network of containers, is `unknown`: it would look like a provider.
 */
export function providerNameAt(host: string): string {
  return providerAt(host) ?? (/[.:]/.test(host) ? host : 'unknown')
}

/** Says whether a host is that of a known provider, or one of the given ones. */
export function hostMatcher(more: readonly string[]): (host: string) => boolean {
  const patterns = more.map(patternOf)
  return host => providerAt(host) !== undefined || patterns.some(pattern => pattern.test(host))
}

/** Whether `hostMatcher` could find a host by this: a name as it stands in a URL, where `*` may stand for labels, and maybe a port. */
export function isHostPattern(host: string): boolean {
  const example = host.replaceAll('*', 'any').toLowerCase()
  return ['http', 'https'].some(scheme => URL.parse(`${scheme}://${example}`)?.host === example)
}

/** A host with a port is one of that port; one without is one of any. */
function patternOf(host: string): RegExp {
  const escaped = host.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^:/]+')
  return new RegExp(`^${escaped}${/:\d+$/.test(host) ? '' : '(?::\\d+)?'}$`, 'i')
}
