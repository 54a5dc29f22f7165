import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { prices } from '@audit/cost'
import { ProviderServer } from '@audit/harness'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditMiddlewareOptions, auditMiddleware } from '../src/index.ts'
import { bareModel } from './made-model.ts'
import { QUESTION } from './observed.ts'
import { type Model, SDKS, type Sdk } from './sdks.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

/** Sends to the stand-in what goes to any host. */
function standIn(): typeof fetch {
  const { url } = server.scene()
  return (input, init) => fetch(String(input).replace(/^.*?(?=\/chat\/completions|\/embeddings)/, url), init)
}

interface Asked {
  readonly baseURL?: string
  readonly name?: string
  readonly options?: AuditMiddlewareOptions
}

/** Asks through OpenAI's provider for this address, and returns who served it, and whether that has a price. */
async function servedBy(sdk: Sdk, { options, ...address }: Asked) {
  const bare = sdk.openai({ ...address, fetch: standIn() }).chat('gpt-4o-mini')
  return asked(sdk, bare, options)
}

async function asked({ ai }: Sdk, bare: Model, options?: AuditMiddlewareOptions, more: object[] = []) {
  const log = new AuditLog()
  const capture = createCapture({ log, price: prices() })
  const middleware = [auditMiddleware(capture, options), ...more]
  await ai.generateText({ model: ai.wrapLanguageModel({ model: bare, middleware }), prompt: QUESTION })
  const [entry] = await log.query()
  return [entry?.metadata['gen_ai.provider.name'], entry?.costUsd !== null]
}

/** How a package makes the address of a request from its config. */
function addressOf(this: { readonly base: string }, { path, modelId }: Readonly<Record<string, string>>) {
  return `${this.base}/openai/deployments/${modelId}${path}`
}

const GATEWAY = 'https://gateway.example.com/v1'

describe.each(SDKS)('ai $major', sdk => {
  test.each<[string, Asked, string, boolean]>([
    ['its own host', {}, 'openai', true],
    ['a host of Azure', { baseURL: 'https://mine.openai.azure.com/openai/v1' }, 'azure.ai.openai', true],
    ['OpenRouter', { baseURL: 'https://openrouter.ai/api/v1' }, 'openrouter', false],
    ['a local server', { baseURL: 'http://localhost:1234/v1' }, 'localhost:1234', false],
    [
      'a local server with a name',
      { baseURL: 'http://localhost:1234/v1', name: 'lmstudio' },
      'lmstudio',
      false,
    ],
    ['a gateway', { baseURL: GATEWAY }, 'gateway.example.com', false],
    ['a gateway that is said to be', { baseURL: GATEWAY, options: { provider: 'openai' } }, 'openai', true],
  ])('OpenAI’s provider at %s', async (_, address, provider, hasPrice) => {
    expect(await servedBy(sdk, address)).toEqual([provider, hasPrice])
  })

  test.each([
    [{ baseURL: 'https://generativelanguage.googleapis.com/v1beta' }, 'gcp.gemini'],
    [{ baseUrl: () => 'https://bedrock-runtime.eu-west-1.amazonaws.com' }, 'aws.bedrock'],
    [{ base: 'https://mine.openai.azure.com', url: addressOf }, 'azure.ai.openai'],
  ])('a provider’s package keeps its address in %o', async (config, provider) => {
    const result = { content: [{ type: 'text', text: 'an answer' }] }
    const bare = Object.assign(bareModel(sdk.major, { provider: 'openai.chat', result }), { config })
    expect((await asked(sdk, bare))[0]).toBe(provider)
  })

  test('a model that shows no host is not believed to be a known provider’s', async () => {
    const said = { content: [{ type: 'text', text: 'an answer' }] }
    const named = (provider: string) => bareModel(sdk.major, { provider, result: said })
    expect(await asked(sdk, named('openai.chat'))).toEqual(['unknown', false])
    expect(await asked(sdk, named('made.up'))).toEqual(['made', false])
    const broken = Object.assign(named('openai.chat'), {
      config: {
        url: () => {
          throw new Error('not yet')
        },
      },
    })
    expect(await asked(sdk, broken)).toEqual(['unknown', false])
    const bare = sdk.openai({ fetch: standIn() }).chat('gpt-4o-mini')
    expect(await asked(sdk, bare, undefined, [{ specificationVersion: 'v3' }])).toEqual(['unknown', false])
    expect(await asked(sdk, bare, { provider: 'openai' }, [{ specificationVersion: 'v3' }])).toEqual([
      'openai',
      true,
    ])
  })
})
