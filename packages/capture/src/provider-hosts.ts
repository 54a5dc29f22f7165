/** The hosts of known providers, with the providers' names. `*` stands for one or more labels. */
const HOSTS: readonly (readonly [host: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['*.api.openai.com', 'openai'],
  ['*.openai.azure.com', 'azure.ai.openai'],
  ['*.cognitiveservices.azure.com', 'azure.ai.openai'],
  ['*.services.ai.azure.com', 'azure.ai.inference'],
  ['*.openai.azure.us', 'azure.ai.openai'],
  ['*.openai.azure.cn', 'azure.ai.openai'],
  ['*.inference.ai.azure.com', 'azure.ai.inference'],
  ['models.inference.ai.azure.com', 'azure.ai.inference'],
  ['models.github.ai', 'github'],
  ['api.githubcopilot.com', 'github_copilot'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['*-aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['aiplatform.*.rep.googleapis.com', 'gcp.vertex_ai'],
  ['bedrock-runtime.*.amazonaws.com', 'aws.bedrock'],
  ['bedrock-runtime-fips.*.amazonaws.com', 'aws.bedrock'],
  ['bedrock-runtime.*.amazonaws.com.cn', 'aws.bedrock'],
  ['bedrock-runtime.*.api.aws', 'aws.bedrock'],
  ['bedrock-runtime-fips.*.api.aws', 'aws.bedrock'],
  ['bedrock-mantle.*.api.aws', 'aws.bedrock'],
  ['api.mistral.ai', 'mistral_ai'],
  ['*.mistral.ai', 'mistral_ai'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'x_ai'],
  ['*.api.x.ai', 'x_ai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['api.moonshot.cn', 'moonshot_ai'],
  ['*.ml.cloud.ibm.com', 'ibm.watsonx.ai'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together_ai'],
  ['api.together.ai', 'together_ai'],
  ['api.fireworks.ai', 'fireworks_ai'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.replicate.com', 'replicate'],
  ['router.huggingface.co', 'huggingface'],
  ['*.endpoints.huggingface.cloud', 'huggingface'],
  ['ai-gateway.vercel.sh', 'vercel'],
  ['gateway.ai.cloudflare.com', 'cloudflare'],
  ['api.deepinfra.com', 'deepinfra'],
  ['integrate.api.nvidia.com', 'nvidia'],
  ['api.z.ai', 'z_ai'],
  ['open.bigmodel.cn', 'z_ai'],
  ['dashscope.aliyuncs.com', 'alibaba_cloud'],
  ['dashscope-*.aliyuncs.com', 'alibaba_cloud'],
  ['api.minimax.io', 'minimax'],
  ['api.minimaxi.com', 'minimax'],
  ['api.sambanova.ai', 'sambanova'],
  ['api.studio.nebius.com', 'nebius'],
  ['api.studio.nebius.ai', 'nebius'],
  ['api.tokenfactory.nebius.com', 'nebius'],
  ['api.voyageai.com', 'voyageai'],
  ['api.novita.ai', 'novita'],
  ['api.hyperbolic.xyz', 'hyperbolic'],
  ['inference.baseten.co', 'baseten'],
  ['api.ai21.com', 'ai21'],
]

const PATTERNS = HOSTS.map(([host, provider]) => ({ pattern: patternOf(host), provider }))

/** The name of the provider at a host, by OpenTelemetry where it has one; `undefined` for a host that is not known. */
export function providerAt(host: string): string | undefined {
  const plain = withoutRootDot(host)
  return PATTERNS.find(({ pattern }) => pattern.test(plain))?.provider
}

/** Whether a name is OpenTelemetry's of a provider whose hosts are known. */
export function isProvider(name: string): boolean {
  return HOSTS.some(([, provider]) => provider === name)
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
  return host => {
    const plain = withoutRootDot(host)
    return providerAt(host) !== undefined || patterns.some(pattern => pattern.test(plain))
  }
}

/** `api.openai.com.` is the same host, written to its root. */
function withoutRootDot(host: string): string {
  return host.replace(/\.(?=:\d+$|$)/, '')
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
