import { type Capture, createCapture, type PricedCall } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { madeModel, noUsage, PROMPT, readParts, stopReason } from './made-model.ts'
import { type Model, SDKS } from './sdks.ts'

interface Bench {
  readonly capture: Capture
  readonly priced: PricedCall[]
  entry(): Promise<AuditEntry>
}

function bench(options: Partial<Parameters<typeof createCapture>[0]> = {}): Bench {
  const log = new AuditLog({ backend: new MemoryBackend() })
  const priced: PricedCall[] = []
  const price = (call: PricedCall) => (priced.push(call) > 0 ? null : null)
  const capture = createCapture({ log, price, ...options })
  const entry = async () => {
    const [first, ...others] = await log.query()
    expect(others).toEqual([])
    return first ?? expect.fail('nothing was recorded')
  }
  return { capture, priced, entry }
}

const PNG = Buffer.from('not really a picture')
const DIGEST = /\[image\/png, 20 bytes, sha256:[0-9a-f]{64}\]/

describe.each(SDKS)('ai $major', sdk => {
  const { major } = sdk
  const finish = { type: 'finish', finishReason: stopReason(major), usage: noUsage(major) }

  test('what was thought, said, called and drawn, whole', async () => {
    const { capture, entry } = bench()
    const content = [
      { type: 'reasoning', text: 'It may be ' },
      { type: 'reasoning', text: 'Paris.' },
      { type: 'text', text: 'Paris is ' },
      { type: 'text', text: 'it.' },
      { type: 'source', sourceType: 'url', id: '1', url: 'https://example.org/paris' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'get_weather', input: '{"city":"Paris"}' },
      { type: 'file', mediaType: 'image/png', data: PNG.toString('base64') },
      { type: 'file', mediaType: 'image/png', data: new Uint8Array(PNG) },
    ]
    await madeModel(sdk, capture, { result: { content } }).doGenerate({ prompt: PROMPT })
    const { outputText } = await entry()
    const lines = outputText.split('\n')
    expect(lines.slice(0, -2)).toEqual([
      '[thinking: It may be Paris.]',
      'Paris is it.',
      '[source, https://example.org/paris]',
      'get_weather({"city":"Paris"})',
    ])
    for (const line of lines.slice(-2)) expect(line).toMatch(DIGEST)
    expect(lines.at(-1)).toBe(lines.at(-2))
  })

  test('an answer that cannot be read is recorded all the same', async () => {
    const { capture, entry } = bench()
    let input: unknown = 'end'
    for (let i = 0; i < 20_000; i++) input = [input]
    const content = [
      { type: 'tool-call', toolCallId: 'c', toolName: 'pay', input },
      { type: 'reasoning', text: { toString: 1 } },
      { type: { toString: 1 } },
    ]
    await madeModel(sdk, capture, { result: { content } }).doGenerate({ prompt: PROMPT })
    const { outputText, metadata } = await entry()
    expect(outputText).toMatch(
      /^pay\(\[+"end"\]+\)\n\[thinking: \{"toString":1\}\]\n\{"type":\{"toString":1\}\}$/,
    )
    expect(metadata['audit.status']).toBe('ok')
  })

  test.each([
    [{ openai: { store: true }, azure: { previousResponseId: 'resp_1' } }, 'resp_1'],
    [{ openai: { conversation: 'conv_1' } }, 'conv_1'],
    [{ openai: { previousResponseId: null } }, undefined],
  ])('what the provider keeps and is told to continue: %j', async (providerOptions, previous) => {
    const { capture, entry } = bench()
    const content = [{ type: 'text', text: 'It is.' }]
    await madeModel(sdk, capture, { result: { content } }).doGenerate({ prompt: PROMPT, providerOptions })
    expect((await entry()).metadata['audit.previous']).toBe(previous)
  })

  test('the same, streamed, in the order in which it began', async () => {
    const { capture, entry } = bench()
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'response-metadata', id: 'r-1', modelId: 'made-1-2026' },
      { type: 'reasoning-start', id: 'a' },
      { type: 'text-start', id: 'a' },
      { type: 'reasoning-delta', id: 'a', delta: 'Hm' },
      { type: 'text-delta', id: 'a', delta: 'Par' },
      { type: 'reasoning-delta', id: 'a', delta: '.' },
      { type: 'text-delta', id: 'a', delta: 'is' },
      { type: 'text-end', id: 'a' },
      { type: 'reasoning-end', id: 'a' },
      { type: 'tool-input-start', id: 'c', toolName: 'get_weather' },
      { type: 'tool-input-delta', id: 'c', delta: '{"city":' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'get_weather', input: '{"city":"Paris"}' },
      { type: 'tool-input-start', id: 'd', toolName: 'half' },
      { type: 'tool-input-delta', id: 'd', delta: '{"ci' },
      { type: 'text-start', id: 'a' },
      { type: 'text-delta', id: 'a', delta: 'Bye' },
      { type: 'file', mediaType: 'image/png', data: PNG.toString('base64') },
      finish,
    ]
    expect(await readParts(madeModel(sdk, capture, { parts }))).toEqual(parts)
    const { outputText, model, metadata } = await entry()
    expect(outputText.replace(DIGEST, '[a picture]')).toBe(
      '[thinking: Hm.]\nParis\nget_weather({"city":"Paris"})\nhalf({"ci)\nBye\n[a picture]',
    )
    expect(model).toBe('made-1-2026')
    expect(metadata).toMatchObject({
      'gen_ai.response.id': 'r-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'audit.status': 'ok',
    })
    expect(metadata['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0)
  })

  test('a question of several roles, with files and what tools answered', async () => {
    const { capture, entry } = bench({ content: 'messages' })
    const data = (bytes: unknown) => (major === 7 ? { type: 'data', data: bytes } : bytes)
    const url = new URL('https://example.org/cat.png')
    const file = { type: 'file', mediaType: 'image/png' }
    const result = (output: object) => ({
      type: 'tool-result',
      toolCallId: 'c',
      toolName: 'get_weather',
      output,
    })
    const prompt = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { ...file, data: data(new Uint8Array(PNG)) },
          { ...file, data: data(PNG.toString('base64')) },
          { ...file, data: major === 7 ? { type: 'url', url } : url },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me ' },
          { type: 'text', text: 'see.' },
          { type: 'tool-call', toolCallId: 'c', toolName: 'get_weather', input: { city: 'Paris' } },
        ],
      },
      {
        role: 'tool',
        content: [
          result({ type: 'text', value: 'sunny' }),
          result({ type: 'json', value: { degrees: 20 } }),
          result({
            type: 'content',
            value: [
              { type: 'text', text: 'see' },
              { type: 'media', data: PNG.toString('base64'), mediaType: 'image/png' },
            ],
          }),
          result({ type: 'execution-denied', reason: 'no' }),
        ],
      },
    ] as unknown as Parameters<Model['doGenerate']>[0]['prompt'] // some of it is of another specification
    await madeModel(sdk, capture, { result: { content: [{ type: 'text', text: 'A cat.' }] } }).doGenerate({
      prompt,
    })
    const { inputText, metadata } = await entry()
    expect(inputText.replaceAll(new RegExp(DIGEST, 'g'), '[a picture]')).toBe(
      [
        'system:\nBe brief.',
        'user:\nWhat is this?\n[a picture]\n[a picture]\n[image/png, https://example.org/cat.png]',
        'assistant:\nLet me see.\nget_weather({"city":"Paris"})',
        'tool:\nsunny\n{"degrees":20}\nsee\n[a picture]\n[denied: no]',
      ].join('\n\n'),
    )
    const messages = metadata['gen_ai.input.messages']
    expect(messages).toMatchObject([
      { role: 'system' },
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool' },
    ])
    expect(JSON.stringify(messages).split(PNG.toString('base64'))).toHaveLength(4) // the bytes are kept, three times
    expect(metadata['gen_ai.output.messages']).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'A cat.' }] },
    ])
  })

  test.each([
    ['error', major === 5 ? 'error' : { unified: 'error', raw: undefined }, 'error'],
    ['no reason, and no usage', major === 5 ? 'unknown' : { unified: 'other', raw: undefined }, 'truncated'],
    ['a reason of the provider’s own', major === 5 ? 'other' : { unified: 'other', raw: 'refusal' }, 'ok'],
    ['length', major === 5 ? 'length' : { unified: 'length', raw: 'max_tokens' }, 'ok'],
  ])('a stream that finishes with %s', async (_, finishReason, status) => {
    const { capture, entry } = bench()
    const parts = [
      { type: 'text-delta', id: '0', delta: 'so far' },
      { ...finish, finishReason },
    ]
    await readParts(madeModel(sdk, capture, { parts }))
    expect((await entry()).metadata['audit.status']).toBe(status)
  })

  test('what comes before the provider has answered is no first chunk', async () => {
    const { capture, entry } = bench()
    await readParts(madeModel(sdk, capture, { parts: [{ type: 'stream-start', warnings: [] }] }))
    expect((await entry()).metadata).not.toHaveProperty('gen_ai.response.time_to_first_chunk')
  })

  test('a stream without a last part is truncated', async () => {
    const { capture, entry } = bench()
    await readParts(madeModel(sdk, capture, { parts: [{ type: 'text-delta', id: '0', delta: 'so far' }] }))
    expect(await entry()).toMatchObject({ outputText: 'so far', metadata: { 'audit.status': 'truncated' } })
  })

  test.each([
    [new Error('it broke'), 'error', 'Error'],
    [
      Object.assign(new TypeError('terminated'), {
        cause: Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }),
      }),
      'truncated',
      'UND_ERR_SOCKET',
    ],
    [Object.assign(new Error('later'), { statusCode: 529 }), 'error', '529'],
    [new DOMException('no', 'AbortError'), 'aborted', undefined],
    [new DOMException('no', 'TimeoutError'), 'timeout', undefined],
  ])('a stream that fails with %s', async (error, status, type) => {
    const { capture, entry } = bench()
    const parts = [{ type: 'text-delta', id: '0', delta: 'so far' }, error]
    await expect(readParts(madeModel(sdk, capture, { parts }))).rejects.toBe(error)
    const { outputText, metadata } = await entry()
    expect(outputText).toBe('so far')
    expect([metadata['audit.status'], metadata['error.type']]).toEqual([status, type])
  })

  test.each([
    [{ type: 'server_error', code: 'overloaded' }, 'overloaded'],
    [{ type: 'overloaded_error', message: 'x' }, 'overloaded_error'],
    ['just a text', 'string'],
    [Object.assign(new Error('x'), { statusCode: 429 }), '429'],
  ])('an error among the parts (%#) is what the call ended with', async (error, type) => {
    const { capture, entry } = bench()
    const parts = [{ type: 'text-delta', id: '0', delta: 'so far' }, { type: 'error', error }, finish]
    expect(await readParts(madeModel(sdk, capture, { parts }))).toEqual(parts)
    expect((await entry()).metadata).toMatchObject({ 'audit.status': 'error', 'error.type': type })
  })

  test.each([
    ['openai.responses', 'chat'],
    ['openai.completion', 'text_completion'],
  ])('what a model of %s does is named %s', async (provider, operation) => {
    const { capture, entry } = bench()
    await madeModel(sdk, capture, { provider }).doGenerate({ prompt: PROMPT })
    expect((await entry()).metadata).toMatchObject({ 'gen_ai.operation.name': operation })
  })

  test('the tier that was billed, or asked for', async () => {
    const asked = async (result: object, providerOptions = {}) => {
      const { capture, priced } = bench()
      await madeModel(sdk, capture, { result }).doGenerate({ prompt: PROMPT, providerOptions })
      return priced[0]?.serviceTier
    }
    expect(await asked({})).toBeUndefined()
    expect(await asked({ providerMetadata: { openai: { serviceTier: 'flex' } } })).toBe('flex')
    expect(await asked({ providerMetadata: { anthropic: { usage: { service_tier: 'batch' } } } })).toBe(
      'batch',
    )
    expect(await asked({ response: { body: { service_tier: 'priority' } } })).toBe('priority')
    expect(await asked({}, { openai: { serviceTier: 'flex' } })).toBe('flex')
    expect(await asked({}, { openai: { serviceTier: 'auto' } })).toBeUndefined()
  })
})

// Specification v4 is the first that has this reason.
describe.each(SDKS.filter(({ major }) => major === 7))('ai $major', sdk => {
  test('a stream that was interrupted is truncated, whatever it used', async () => {
    const { capture, entry } = bench()
    const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } }
    const finishReason = { unified: 'interrupted', raw: undefined }
    await readParts(madeModel(sdk, capture, { parts: [{ type: 'finish', finishReason, usage }] }))
    expect((await entry()).metadata['audit.status']).toBe('truncated')
  })
})

/** What each specification says of tokens, and what an entry makes of it. */
const USAGES: readonly (readonly [name: string, major: number, result: object, usage: object | undefined])[] =
  [
    [
      'v2, cached tokens within the input',
      5,
      {
        usage: {
          inputTokens: 100,
          outputTokens: 20,
          totalTokens: 120,
          reasoningTokens: 5,
          cachedInputTokens: 40,
        },
      },
      { inputTokens: 100, outputTokens: 20, cacheReadTokens: 40, reasoningTokens: 5 },
    ],
    [
      'v2, Anthropic, cached tokens beside the input',
      5,
      {
        usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 40 },
        providerMetadata: {
          anthropic: {
            usage: { input_tokens: 100, cache_read_input_tokens: 40, cache_creation_input_tokens: 7 },
          },
        },
      },
      { inputTokens: 147, outputTokens: 20, cacheReadTokens: 40, cacheWriteTokens: 7 },
    ],
    [
      'v2, Bedrock, likewise',
      5,
      {
        usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 40 },
        providerMetadata: { bedrock: { usage: { cacheWriteInputTokens: 7 } } },
      },
      { inputTokens: 147, outputTokens: 20, cacheReadTokens: 40, cacheWriteTokens: 7 },
    ],
    [
      'v2, unknown',
      5,
      { usage: { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined } },
      undefined,
    ],
    ...[6, 7].flatMap(major => [
      [
        `v${major - 3}`,
        major,
        {
          usage: {
            inputTokens: { total: 100, noCache: 53, cacheRead: 40, cacheWrite: 7 },
            outputTokens: { total: 20, text: 15, reasoning: 5 },
            raw: {
              prompt_tokens_details: { audio_tokens: 3 },
              completion_tokens_details: { audio_tokens: 2 },
            },
          },
          providerMetadata: { anthropic: { usage: { input_tokens: 53, cache_read_input_tokens: 40 } } },
        },
        {
          inputTokens: 100,
          outputTokens: 20,
          cacheReadTokens: 40,
          cacheWriteTokens: 7,
          reasoningTokens: 5,
          inputAudioTokens: 3,
          outputAudioTokens: 2,
        },
      ] as const,
      [`v${major - 3}, unknown`, major, { usage: noUsage(major) }, undefined] as const,
    ]),
  ]

describe.each(USAGES)('usage: %s', (_, major, result, usage) => {
  const sdk = SDKS.find(one => one.major === major) ?? expect.fail('no such version')

  test('whole', async () => {
    const { capture, priced } = bench()
    await madeModel(sdk, capture, { result }).doGenerate({ prompt: PROMPT })
    expect(clean(priced[0]?.usage)).toEqual(usage)
  })

  test('streamed', async () => {
    const { capture, priced } = bench()
    const parts = [{ type: 'finish', finishReason: stopReason(major), ...result }]
    await readParts(madeModel(sdk, capture, { parts }))
    expect(clean(priced[0]?.usage)).toEqual(usage)
  })
})

test('a v2 model of Anthropic’s in version 7 counts what was cached', async () => {
  const [sdk5, , sdk7] = SDKS
  if (!sdk5 || !sdk7) return expect.fail('a version is missing')
  const { capture, priced } = bench()
  const [, , result, usage] = USAGES[1] ?? expect.fail('it is the second one')
  const { bareModel } = await import('./made-model.ts')
  const { auditMiddleware } = await import('../src/index.ts')
  const model = sdk7.ai.wrapLanguageModel({
    model: bareModel(sdk5.major, { result }),
    middleware: auditMiddleware(capture),
  })
  await model.doGenerate({ prompt: PROMPT })
  expect(clean(priced[0]?.usage)).toEqual(usage)
})

/** Without what is undefined. */
function clean(usage: object | undefined) {
  return usage && JSON.parse(JSON.stringify(usage))
}
