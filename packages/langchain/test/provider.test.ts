import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { ProviderServer } from '@audit/harness'
import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AzureChatOpenAI, ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { AuditCallbackHandler, type AuditModelOptions, auditModel } from '../src/index.ts'
import { answering, StageModel } from './stage-model.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())
afterEach(() => vi.unstubAllEnvs())

/** Sends to the stand-in what goes to any host. */
function standIn(): typeof fetch {
  const { url } = server.scene()
  return (input, init) => {
    const path = /\/(?:chat\/completions|embeddings|messages)\b/.exec(String(input))?.[0]
    return fetch(`${url}${path}`, init)
  }
}

function openai(baseURL?: string): ChatOpenAI {
  const configuration = { fetch: standIn(), ...(baseURL === undefined ? {} : { baseURL }) }
  return new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'none', maxRetries: 0, configuration })
}

function azure(azureOpenAIEndpoint: string): ChatOpenAI {
  return new AzureChatOpenAI({
    model: 'gpt-4o-mini',
    azureOpenAIApiKey: 'none',
    azureOpenAIApiVersion: '2024-10-21',
    azureOpenAIApiDeploymentName: 'mine',
    azureOpenAIEndpoint,
    maxRetries: 0,
    configuration: { fetch: standIn() },
  })
}

function claude(anthropicApiUrl?: string): BaseChatModel {
  const clientOptions = { fetch: standIn() }
  const address = anthropicApiUrl === undefined ? {} : { anthropicApiUrl }
  return new ChatAnthropic({ model: 'claude-sonnet-4-5', apiKey: 'none', clientOptions, ...address })
}

/** Who served a call, and whether that has a price. */
async function servedBy(recorder: string, model: BaseChatModel, options?: AuditModelOptions) {
  const log = new AuditLog()
  const capture = createCapture({ log, price: prices() })
  if (recorder === 'handler') {
    await model.invoke('a question', { callbacks: [new AuditCallbackHandler(capture, options)] })
  } else {
    await auditModel(model, capture, options).invoke('a question')
  }
  const [entry] = await log.query()
  return [entry?.metadata['gen_ai.provider.name'], entry?.costUsd !== null]
}

const GATEWAY = 'https://gateway.example.com/v1'

describe.each(['model', 'handler'])('recorded by %s', recorder => {
  test.each<[string, () => BaseChatModel, string, boolean]>([
    ['OpenAI’s own host', () => openai(), 'openai', true],
    ['OpenRouter', () => openai('https://openrouter.ai/api/v1'), 'openrouter', false],
    ['a host of Azure', () => openai('https://mine.openai.azure.com/openai/v1'), 'azure.ai.openai', true],
    ['a local server', () => openai('http://localhost:1234/v1'), 'localhost:1234', false],
    ['a gateway', () => openai(GATEWAY), 'gateway.example.com', false],
    ['a class for Azure', () => azure('https://mine.openai.azure.com'), 'azure.ai.openai', true],
    ['a class for Azure at a gateway', () => azure('https://gateway.example.com'), 'azure.ai.openai', true],
    ['Anthropic’s own host', () => claude(), 'anthropic', true],
    ['a gateway to Anthropic', () => claude('https://gateway.example.com'), 'gateway.example.com', false],
  ])('%s', async (_, make, provider, hasPrice) => {
    expect(await servedBy(recorder, make())).toEqual([provider, hasPrice])
  })

  test('a gateway that is said to be a provider’s', async () => {
    expect(await servedBy(recorder, openai(GATEWAY), { provider: 'openai' })).toEqual(['openai', true])
    expect(await servedBy(recorder, openai(), { provider: 'mistral_ai' })).toEqual(['openai', true])
  })

  test.each(['OPENAI_API_BASE', 'OPENAI_BASE_URL'])('an address in %s', async variable => {
    vi.stubEnv(variable, GATEWAY)
    expect(await servedBy(recorder, openai())).toEqual(['gateway.example.com', false])
  })

  test('a model of one’s own is named by its class', async () => {
    const model = new StageModel(answering('an answer'))
    expect(await servedBy(recorder, model)).toEqual(['stagemodel', false])
  })
})

test('a handler does not believe a class that shows no options', async () => {
  class Hidden extends StageModel {
    override getLsParams(options: this['ParsedCallOptions']) {
      return { ...super.getLsParams(options), ls_provider: 'openai', ls_model_name: 'gpt-4o-mini' }
    }
  }
  const model = new Hidden(answering('an answer'))
  expect(await servedBy('handler', model)).toEqual(['unknown', false])
  expect(await servedBy('handler', model, { provider: 'openai' })).toEqual(['openai', expect.any(Boolean)])
})

test.each([
  [{ baseUrl: 'http://127.0.0.1:11434' }, '127.0.0.1:11434'],
  [{ endpointHost: 'bedrock-runtime.eu-west-1.amazonaws.com' }, 'aws.bedrock'],
  [{ clientOptions: { baseURL: GATEWAY } }, 'gateway.example.com'],
  [{ endpoint: 'us-central1-aiplatform.googleapis.com' }, 'gcp.vertex_ai'],
  [{ basePath: '/v1', imageUrl: 'none' }, 'mistral_ai'],
])('the options %j say where a model is asked', async (options, provider) => {
  const model = Object.assign(new StageModel(answering('an answer')), options)
  model.getLsParams = () => ({ ls_model_type: 'chat', ls_provider: 'mistral' })
  expect((await servedBy('model', model))[0]).toBe(provider)
})

test('embeddings, and a model of texts, are served by the host that they ask', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log, price: prices() })
  const configuration = { baseURL: GATEWAY, fetch: standIn() }
  const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey: 'none', configuration })
  await auditModel(embeddings, capture).embedQuery('a text')
  const answer = { choices: [{ index: 0, text: 'an answer', finish_reason: 'stop' }] }
  const texts = new OpenAI({
    model: 'gpt-3.5-turbo-instruct',
    apiKey: 'none',
    configuration: { baseURL: GATEWAY, fetch: async () => Response.json(answer) },
  })
  await auditModel(texts, capture).invoke('a question')
  await texts.invoke('a question', { callbacks: [new AuditCallbackHandler(createCapture({ log }))] }) // two captures: an entry each
  const providers = (await log.query()).map(({ metadata }) => metadata['gen_ai.provider.name'])
  expect(providers).toEqual(Array(4).fill('gateway.example.com'))
})
