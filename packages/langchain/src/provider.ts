/** OpenTelemetry's names for what LangChain names otherwise, in the `ls_provider` of a model. */
const NAMES: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  amazon_bedrock: 'aws.bedrock',
  bedrock: 'aws.bedrock',
  google_genai: 'gcp.gemini',
  google_vertexai: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  xai: 'x_ai',
  together: 'together_ai',
  fireworks: 'fireworks_ai',
  watsonx: 'ibm.watsonx.ai',
  moonshot: 'moonshot_ai',
}

/** The provider that a model names, by OpenTelemetry's name. */
export function providerNamed(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return undefined
  const known = name.toLowerCase()
  return NAMES[known] ?? known
}
