import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { prices } from '@audit/cost'
import { findProvider } from '@pydantic/genai-prices'
import { describe, expect, test } from 'vitest'
import { AT, callTo } from './calls.ts'

/** The price pages, as version 0.1.8 of the price list (23 September 2026) cites them. */
const PAGES = {
  openai: 'https://developers.openai.com/api/docs/pricing',
  anthropic: 'https://www.anthropic.com/pricing#api',
  google: 'https://ai.google.dev/gemini-api/docs/pricing',
  vertex: 'https://cloud.google.com/vertex-ai/generative-ai/pricing',
  mistral: 'https://mistral.ai/pricing/api',
  aws: 'https://aws.amazon.com/bedrock/pricing/',
  azure: 'https://azure.microsoft.com/en-us/pricing/details/cognitive-services/openai-service/#pricing',
  groq: 'https://console.groq.com/docs/models',
  deepseek: 'https://api-docs.deepseek.com/quick_start/pricing',
}
type Page = keyof typeof PAGES

/** Dollars for a million tokens in and out, and the page that says so. */
type Priced = readonly [provider: string, model: string, input: number, output: number, page: Page]

const PRICED: readonly Priced[] = [
  // as the provider's API names them, with a date or by an alias
  ['openai', 'gpt-4o', 2.5, 10, 'openai'],
  ['openai', 'gpt-4o-2024-08-06', 2.5, 10, 'openai'],
  ['openai', 'gpt-4o-2024-05-13', 5, 15, 'openai'],
  ['openai', 'gpt-4o-mini-2024-07-18', 0.15, 0.6, 'openai'],
  ['openai', 'gpt-4.1-2025-04-14', 2, 8, 'openai'],
  ['openai', 'gpt-5-2025-08-07', 1.25, 10, 'openai'],
  ['openai', 'gpt-5-nano-2025-08-07', 0.05, 0.4, 'openai'],
  ['openai', 'o3-2025-04-16', 2, 8, 'openai'],
  ['openai', 'gpt-3.5-turbo-0125', 0.5, 1.5, 'openai'],
  ['openai', 'ft:gpt-4o-2024-08-06:acme::AbCd1234', 3.75, 15, 'openai'],
  ['openai', 'ft:gpt-4o-mini-2024-07-18:acme:bot:AbCd1234', 0.3, 1.2, 'openai'],
  ['anthropic', 'claude-3-5-haiku-latest', 0.8, 4, 'anthropic'],
  ['anthropic', 'claude-3-5-sonnet-20241022', 3, 15, 'anthropic'],
  ['anthropic', 'claude-sonnet-4-5-20250929', 3, 15, 'anthropic'],
  ['anthropic', 'claude-opus-4-1-20250805', 15, 75, 'anthropic'],
  ['anthropic', 'claude-haiku-4-5', 1, 5, 'anthropic'],
  ['gcp.gemini', 'gemini-2.5-pro', 1.25, 10, 'google'],
  ['gcp.gemini', 'models/gemini-2.5-flash', 0.3, 2.5, 'google'],
  ['gcp.gemini', 'gemini-2.0-flash-001', 0.1, 0.4, 'google'],
  [
    'gcp.vertex_ai',
    'projects/p/locations/eu/publishers/google/models/gemini-2.5-flash-lite',
    0.1,
    0.4,
    'vertex',
  ],
  ['gcp.vertex_ai', 'claude-opus-4-1@20250805', 15, 75, 'vertex'],
  ['mistral_ai', 'mistral-large-2411', 2, 6, 'mistral'],
  ['mistral_ai', 'mistral-large-2512', 0.5, 1.5, 'mistral'],
  ['mistral_ai', 'mistral-medium-latest', 1.5, 7.5, 'mistral'],
  // Bedrock: a resource name, a region's profile (10 % more since Sonnet 4.5), the global one, a model by itself
  [
    'aws.bedrock',
    'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20240620-v1:0',
    3,
    15,
    'aws',
  ],
  [
    'aws.bedrock',
    'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    3.3,
    16.5,
    'aws',
  ],
  ['aws.bedrock', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3, 16.5, 'aws'],
  ['aws.bedrock', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3, 15, 'aws'],
  ['aws.bedrock', 'apac.anthropic.claude-opus-4-8-v1:0', 5.5, 27.5, 'aws'], // not listed under this region
  ['aws.bedrock', 'us.amazon.nova-2-lite-v1:0', 0.33, 2.75, 'aws'], // listed under its region alone
  ['aws.bedrock', 'amazon.nova-lite-v1:0', 0.06, 0.24, 'aws'],
  ['azure.ai.openai', 'gpt-4o-2024-08-06', 2.5, 10, 'azure'],
  ['azure.ai.openai', 'o4-mini-2025-04-16', 1.1, 4.4, 'azure'],
  ['groq', 'llama-3.3-70b-versatile', 0.59, 0.79, 'groq'],
]

const price = prices()

describe('the published price', () => {
  test.each(PRICED)('%s %s costs %d and %d', (provider, model, input, output, page) => {
    const found = price(callTo(provider, model))
    expect(found?.costUsd).toBe(Number(((input * 1000 + output * 500) / 1e6).toFixed(12)))
    expect(found).toMatchObject({ source: '@pydantic/genai-prices', version: '0.1.8' })
    const id = page === 'vertex' ? 'google' : page
    expect(findProvider({ providerId: id })?.pricing_urls).toContain(PAGES[page])
  })

  test.each([
    ['openai', 'gpt-99'],
    ['openai', 'my-model'],
    ['openai', 'ft:gpt-4o:acme::AbCd1234'], // of which snapshot, and so at which price?
    ['openai', 'ft:gpt-4.1-2025-04-14:acme::AbCd1234'],
    ['azure', 'o4-mini-2025-04-16.ft-0123456789abcdef'],
    ['anthropic', 'claude-sonnet-5-9'], // the list knows claude-sonnet-5
    ['anthropic', 'claude-opus-4-6-fast'], // … claude-opus-4-6
    ['anthropic', 'claude-sonnet-4-5-foo'], // … claude-sonnet-4-5
    ['aws.bedrock', 'amazon.nova-pro-latency-optimized-v1:0'], // … amazon.nova-pro-v1:0
    ['anthropic', 'claude-opus-4-12'], // … claude-opus-4-1
    ['google', 'gemini-1.5-flash-8b'], // … gemini-1.5-flash
    ['google', 'gemini-3.7-flash-lite'], // … gemini-3.7-flash
    ['google', 'tunedModels/gemini-1.5-flash-acme'],
    ['google', 'acme-gemini-1.5-flash'],
    ['google', 'gemma-3-27b-it'], // free, so the list has an empty price
    ['google', 'projects/p/locations/eu/endpoints/123'],
    ['mistral', 'mistral-large-latest'], // has named three models, and the list does not say when
    ['perplexity', 'sonar'], // costs something for each request, which depends on the search
    ['aws', 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'],
    ['aws', 'arn:aws:bedrock:us-east-1:1:custom-model/anthropic.claude-3-haiku-20240307-v1:0/abc'],
    ['aws', 'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0'],
    ['aws', 'global.anthropic.claude-opus-4-1-20250805-v1:0'], // listed for regions, which may cost more
    ['aws', 'us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0'],
    ['my-openai-proxy', 'gpt-4o'], // speaks the protocol, but who knows what it costs
    ['ollama', 'llama3'],
    ['litellm', 'gpt-4o'],
    ['', 'gpt-4o'],
    ['openai', ''],
  ])('%s %s is not known', (provider, model) => {
    expect(price(callTo(provider, model))).toBeNull()
  })

  test('is that of the model that answered, and only without one that of the model that was asked for', () => {
    const both = { requestModel: 'gpt-4o', responseModel: 'gpt-4o-mini-2024-07-18' }
    expect(price(callTo('openai', '', undefined, both))?.model).toBe('gpt-4o-mini')
    const request = { requestModel: 'gpt-4o', responseModel: undefined }
    expect(price(callTo('openai', '', undefined, request))?.model).toBe('gpt-4o')
    expect(price(callTo('openai', 'unknown', undefined, { requestModel: 'gpt-4o' }))).toBeNull()
  })

  test('is never that of an Azure deployment by its name', () => {
    const deployment = { requestModel: 'gpt-4o', responseModel: null }
    expect(price(callTo('azure.ai.openai', '', undefined, deployment))).toBeNull()
  })

  test('is the one at the time of the call', () => {
    const at = (date: string) => price(callTo('openai', 'o3', undefined, { startedAt: new Date(date) }))
    expect(at('2025-06-09T23:59:59.999Z')?.costUsd).toBe(0.03) // 10 and 40 dollars
    expect(at('2025-06-10T00:00:00Z')?.costUsd).toBe(0.006) // 2 and 8
  })

  test('is that of a long context where the input is long', () => {
    const cost = (inputTokens: number) =>
      price(callTo('google', 'gemini-2.5-pro', { inputTokens, outputTokens: 0 }))?.costUsd
    expect(cost(200_000)).toBe(0.25)
    expect(cost(200_001)).toBe(0.5000025)
  })

  test('has the version of the price list that is installed', () => {
    const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
    const manifest = JSON.parse(readFileSync(new URL('../package.json', `file://${entry}`), 'utf8'))
    expect(price({ ...callTo('openai', 'gpt-4o'), startedAt: AT })?.version).toBe(manifest.version)
    const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(own.dependencies['@pydantic/genai-prices']).toBe('catalog:')
    const catalog = readFileSync(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8')
    expect(catalog).toMatch(new RegExp(`"@pydantic/genai-prices": ${manifest.version}( |$)`, 'm')) // no range
  })
})
