import { expect, test } from 'vitest'
import { givenProvider, providerNamed, providerOfModel } from '../src/integration.ts'

test.each([
  ['openai.responses', 'openai'],
  ['azure.responses', 'azure.ai.openai'],
  ['azure_openai', 'azure.ai.openai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['googleVertex', 'gcp.vertex_ai'],
  ['vertex.anthropic.messages', 'gcp.vertex_ai'],
  ['google_genai', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazonBedrock', 'aws.bedrock'],
  ['mistral.chat', 'mistral_ai'],
  ['xai.chat', 'x_ai'],
  ['groq.chat', 'groq'],
  ['googlemaps.chat', 'googlemaps'],
  ['MyOwn', 'MyOwn'],
  ['', undefined],
])('%j is %s', (named, name) => {
  expect(providerNamed(named)).toBe(name)
})

test.each([
  // Its host says who serves it.
  ['api.openai.com', 'openai.chat', undefined, 'openai'],
  ['mine.openai.azure.com', 'openai.chat', undefined, 'azure.ai.openai'],
  ['openrouter.ai', 'openai.chat', 'openai', 'openrouter'],
  ['api.groq.com', 'mine', undefined, 'groq'],
  // Otherwise, the application does.
  ['gateway.example.com', 'openai.chat', 'openai', 'openai'],
  ['gateway.example.com', 'mine', 'openai', 'openai'],
  [undefined, 'openai.chat', 'openai', 'openai'],
  // A name is believed that says nothing of a known provider.
  ['localhost:1234', 'lmstudio.chat', undefined, 'lmstudio'],
  ['gateway.example.com', 'azure.chat', undefined, 'azure.ai.openai'],
  ['localhost:1234', 'openai.chat', undefined, 'localhost:1234'],
  ['localhost:1234', 'OpenAI', undefined, 'localhost:1234'],
  ['gateway.example.com', 'google.vertex.chat', undefined, 'gateway.example.com'],
  ['ollama', 'anthropic', undefined, 'unknown'],
  ['ollama:11434', undefined, undefined, 'ollama:11434'],
  [undefined, 'openai.chat', undefined, 'unknown'],
  [undefined, 'made.up', undefined, 'made'],
  [undefined, undefined, undefined, 'unknown'],
])('at %s, a model of %s, given %s, is served by %s', (host, named, given, provider) => {
  expect(providerOfModel({ host, named, given })).toBe(provider)
})

test.each([{ provider: 1 }, { provider: null }, { providers: 'openai' }, null])('%j is refused', options => {
  expect(() => givenProvider(options, 'auditThat')).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
