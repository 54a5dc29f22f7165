import { prices } from '@audit/cost'
import { expect, test } from 'vitest'
import { callTo } from './calls.ts'

const price = prices()

/** A provider by OpenTelemetry's name or that of an SDK, and a model of its. */
test.each([
  ['anthropic', 'claude-haiku-4-5'],
  ['aws.bedrock', 'amazon.nova-pro-v1:0'],
  ['amazon-bedrock', 'amazon.nova-pro-v1:0'],
  ['azure.ai.inference', 'gpt-4o'],
  ['azure.ai.openai', 'gpt-4o'],
  ['az.ai.openai', 'gpt-4o'],
  ['azure', 'gpt-4o'],
  ['cohere', 'command-r-plus'],
  ['deepseek', 'deepseek-chat'],
  ['gcp.gemini', 'gemini-2.5-pro'],
  ['gcp.gen_ai', 'gemini-2.5-pro'],
  ['gcp.vertex_ai', 'gemini-2.5-pro'],
  ['groq', 'llama-3.3-70b-versatile'],
  ['mistral_ai', 'codestral-2508'],
  ['openai', 'gpt-4o'],
  ['OpenAI', 'gpt-4o'],
  ['openrouter', 'openai/gpt-4o'],
  ['together_ai', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
  ['x_ai', 'grok-4'],
])('%s is known, and so is its %s', (provider, model) => {
  expect(price(callTo(provider, model))?.costUsd).toBeGreaterThan(0)
})

test('a provider is not taken for the one that usually has the model', () => {
  expect(price(callTo('groq', 'gpt-4o'))).toBeNull()
  expect(price(callTo('openai', 'claude-haiku-4-5'))).toBeNull()
  expect(price(callTo('anthropic', 'gpt-4o'))).toBeNull()
})
