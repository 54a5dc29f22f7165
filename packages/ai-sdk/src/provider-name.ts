/** The SDK's names of providers, up to a dot, that are not OpenTelemetry's. */
const NAMES: readonly (readonly [prefix: string, name: string])[] = [
  ['azure', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['googleVertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazonBedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
  ['togetherai', 'together_ai'],
  ['fireworks', 'fireworks_ai'],
  ['moonshotai', 'moonshot_ai'],
]

/** OpenTelemetry's name of a provider that the SDK names `openai.responses`, `google.generative-ai`. */
export function providerName(provider: string): string {
  const known = NAMES.find(([prefix]) => provider === prefix || provider.startsWith(`${prefix}.`))
  return known?.[1] ?? (provider.split('.')[0] || 'unknown')
}

/** OpenTelemetry's name of what a language model of that provider does. */
export function operationName(provider: string): string {
  return provider.endsWith('.completion') ? 'text_completion' : 'chat'
}
