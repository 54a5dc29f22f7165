import { createCapture, type PriceFunction } from '@audit/capture'
import { type AuditEntry, AuditLog } from '@audit/core'
import OpenAI, { AzureOpenAI, BedrockOpenAI } from 'openai'
import { expect, test } from 'vitest'
import { type AuditOpenAIOptions, auditOpenAI } from '../src/index.ts'

const usage = { prompt_tokens: 1_000_000, completion_tokens: 1000 }
const fetch: typeof globalThis.fetch = async () =>
  Response.json({ model: 'gpt-4o', choices: [{ message: { content: 'Hello.' } }], usage })

/** Prices what OpenAI serves. */
const openAIPrice: PriceFunction = ({ provider }) =>
  provider === 'openai' ? { costUsd: 2.51, source: 'a list', version: '1', model: 'gpt-4o' } : null

/** The entry of a call of a client. */
async function entryOf(client: OpenAI, options?: AuditOpenAIOptions): Promise<AuditEntry | undefined> {
  const log = new AuditLog()
  const capture = createCapture({ log, price: openAIPrice })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  await auditOpenAI(client, capture, options).chat.completions.create({ model: 'gpt-4o', messages })
  return (await log.query())[0]
}

const clientAt = (baseURL: string) => new OpenAI({ apiKey: 'none', baseURL, fetch })
const named = (entry: AuditEntry | undefined) => entry?.metadata['gen_ai.provider.name']

test.each([
  ['http://localhost:8080/v1', 'localhost:8080'],
  ['https://llm.reseller.example/v1', 'llm.reseller.example'],
  ['https://corp.azure-api.net/openai', 'corp.azure-api.net'],
  ['http://openai/v1', 'unknown'], // a container
])('whoever answers at %s is not OpenAI, and has no price of its', async (baseURL, provider) => {
  const entry = await entryOf(clientAt(baseURL))
  expect(named(entry)).toBe(provider)
  expect(entry?.costUsd).toBeNull()
})

test('OpenAI has its price at its own host, and where the application names it', async () => {
  for (const entry of [
    await entryOf(clientAt('https://api.openai.com/v1')),
    await entryOf(clientAt('https://llm.example/v1'), { provider: 'openai' }),
    await entryOf(clientAt('https://llm.example/v1'), { provider: host => (host ? 'openai' : 'unknown') }),
  ]) {
    expect(named(entry)).toBe('openai')
    expect(entry?.costUsd).toBe(2.51)
  }
})

test('a clone keeps the name, but not at the host of another provider', async () => {
  const client = clientAt('https://llm.example/v1')
  const log = new AuditLog()
  const audited = auditOpenAI(client, createCapture({ log }), { provider: 'acme' })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  await audited.withOptions({ fetch }).chat.completions.create({ model: 'gpt-4o', messages })
  const groq = audited.withOptions({ baseURL: 'https://api.groq.com/openai/v1', fetch })
  await groq.chat.completions.create({ model: 'gpt-4o', messages })
  expect((await log.query()).map(named)).toEqual(['acme', 'groq'])
})

test.each([
  ['https://x.openai.azure.com', undefined, 'azure.ai.openai'],
  ['https://llm.corp.example', undefined, 'azure.ai.openai'],
  ['https://llm.corp.example', { provider: 'corp' }, 'corp'],
])('a client for Azure at %s with %j is served by %s', async (endpoint, options, provider) => {
  const apiVersion = '2024-10-21'
  const azure = new AzureOpenAI({ apiKey: 'none', endpoint, apiVersion, deployment: 'mine', fetch })
  expect(named(await entryOf(azure, options))).toBe(provider)
})

test('a client for Bedrock is served by it', async () => {
  const bedrock = new BedrockOpenAI({ apiKey: 'none', awsRegion: 'us-west-2', fetch })
  expect(named(await entryOf(bedrock))).toBe('aws.bedrock')
})

test('a region of OpenAI is OpenAI', async () => {
  expect(named(await entryOf(new OpenAI({ apiKey: 'none', dataResidency: 'eu', fetch })))).toBe('openai')
})

test.each([{ providers: 'openai' }, { provider: 1 }])('an option that is none is refused: %j', options => {
  const client = clientAt('https://llm.example/v1')
  expect(() => auditOpenAI(client, createCapture({ log: new AuditLog() }), options as object)).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
