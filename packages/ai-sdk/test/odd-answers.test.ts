import { auditFetch, type Capture, createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { bareModel, madeModel, noUsage, PROMPT, readParts, stopReason, streamOf } from './made-model.ts'
import { type Model, SDKS, type Sdk } from './sdks.ts'

function bench() {
  const log = new AuditLog({ backend: new MemoryBackend() })
  return { log, capture: createCapture({ log, idleMs: 60_000 }) }
}

/** A model whose methods return these, recorded or not. */
function returning({ ai, major }: Sdk, methods: object, capture?: Capture): Model {
  const model = Object.assign(bareModel(major, {}), methods)
  return capture ? ai.wrapLanguageModel({ model, middleware: auditMiddleware(capture) }) : model
}

const said = (text: string, id = '1') => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta: text },
  { type: 'text-end', id },
]

describe.each(SDKS)('ai $major', sdk => {
  const { ai, major } = sdk
  const finish = (usage: unknown = noUsage(major)) => ({
    type: 'finish',
    finishReason: stopReason(major),
    usage,
  })
  const usage = (inputTokens: number, outputTokens: number) =>
    major === 5
      ? { inputTokens, outputTokens }
      : { inputTokens: { total: inputTokens }, outputTokens: { total: outputTokens } }
  const failure = (model: Model) => ai.generateText({ model, prompt: 'q' }).catch(error => error.message)

  test.each([undefined, null, {}, 'an answer', { content: null }])(
    'an answer that is %j fails as it does without us, and is an error',
    async result => {
      const { log, capture } = bench()
      const methods = { doGenerate: async () => result }
      expect(await failure(returning(sdk, methods, capture))).toBe(await failure(returning(sdk, methods)))
      expect(await log.query()).toMatchObject([
        { metadata: { 'audit.status': 'error', 'error.type': 'TypeError' } },
      ])
    },
  )

  const locked = (): unknown => {
    const stream = streamOf([])
    stream.getReader()
    return { stream }
  }
  const streams: readonly [string, () => unknown][] = [
    ['nothing', () => undefined],
    ['no stream', () => ({})],
    ['a locked stream', locked],
  ]
  test.each(streams)(
    '%s in place of a stream fails as it does without us, and is an error',
    async (_, result) => {
      const { log, capture } = bench()
      const errorOf = async (model: Model): Promise<readonly unknown[]> => {
        const errors: unknown[] = []
        const onError = ({ error }: { error: unknown }) => void errors.push(Object(error).message)
        await ai.streamText({ model, prompt: 'q', maxRetries: 0, onError }).consumeStream()
        return errors
      }
      const methods = { doStream: async () => result() }
      expect(await errorOf(returning(sdk, methods, capture))).toEqual(await errorOf(returning(sdk, methods)))
      expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error' } }])
    },
  )

  test('what a model says behind its last part is recorded, too', async () => {
    const { log, capture } = bench()
    const parts = [...said('one'), finish(usage(1, 2)), ...said(' two', '2'), finish(usage(100, 200))]
    expect(await readParts(madeModel(sdk, capture, { parts }))).toEqual(parts)
    expect(await log.query()).toMatchObject([
      {
        outputText: 'one two',
        metadata: {
          'audit.status': 'ok',
          'gen_ai.usage.input_tokens': 100,
          'gen_ai.usage.output_tokens': 200,
        },
      },
    ])
  })

  test('an error behind the last part is one, and so is a stream that breaks there', async () => {
    const { log, capture } = bench()
    const late = { type: 'error', error: new RangeError('late') }
    await readParts(madeModel(sdk, capture, { parts: [...said('one'), finish(), late] }))
    const broken = readParts(
      madeModel(sdk, capture, { parts: [...said('one'), finish(), new RangeError('late')] }),
    )
    await expect(broken).rejects.toThrow('late')
    const expected = { outputText: 'one', metadata: { 'audit.status': 'error', 'error.type': 'RangeError' } }
    expect(await log.query()).toMatchObject([expected, expected])
  })

  test('the last part waits for the log, and so do those behind it', async () => {
    const capture = createCapture({ log: { record: () => Promise.reject(new Error('disk full')) } })
    const parts = [...said('one'), finish(), ...said('two', '2')]
    const { stream } = await madeModel(sdk, capture, { parts }).doStream({ prompt: PROMPT })
    const seen: unknown[] = []
    const read = async () => {
      for await (const part of stream) seen.push(part)
    }
    await expect(read()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(seen).toEqual(said('one'))
  })

  test('a part that is none is an error, since the SDK fails by it', async () => {
    const { log, capture } = bench()
    const model = madeModel(sdk, capture, { parts: [...said('one'), null, finish()] })
    await ai.streamText({ model, prompt: 'q', onError: () => {} }).consumeStream({ onError: () => {} })
    await capture.drain()
    expect(await log.query()).toMatchObject([{ outputText: 'one', metadata: { 'audit.status': 'error' } }])
  })

  test('ids and kinds that are no text change nothing', async () => {
    const { log, capture } = bench()
    const parts = [{ type: 'text-start', id: Symbol('a') }, { type: 7 }, ...said('one'), finish()]
    expect(await readParts(madeModel(sdk, capture, { parts }))).toEqual(parts)
    expect(await log.query()).toMatchObject([{ outputText: 'one' }])
  })

  test('fewer than no tokens are no count', async () => {
    const { log, capture } = bench()
    await readParts(madeModel(sdk, capture, { parts: [...said('one'), finish(usage(3, -6))] }))
    const [entry] = await log.query()
    expect(entry?.metadata).toMatchObject({ 'gen_ai.usage.input_tokens': 3 })
    expect(entry?.metadata).not.toHaveProperty(['gen_ai.usage.output_tokens'])
  })

  test('a file that a tool of the provider has made is shown by its digest, in the next question as well', async () => {
    const { log, capture } = bench()
    const result = Buffer.alloc(30_000, 7).toString('base64')
    const part = { type: 'tool-result', toolCallId: 'c', toolName: 'image_generation', result: { result } }
    const output = { type: 'json', value: { result } }
    const model = madeModel(sdk, capture, { result: { content: [part] } })
    const asked = { role: 'tool', content: [{ ...part, result: undefined, output }] }
    await model.doGenerate({ prompt: [...PROMPT, asked as never] }) // the types of one major
    const [entry] = await log.query()
    expect(entry?.outputText).toMatch(/^\{"result":"\[file, 30,000 bytes, sha256:[0-9a-f]{64}\]"\}$/)
    expect(entry?.inputText.length).toBeLessThan(300)
  })
})

// Version 5 cannot wrap models of embeddings.
describe.each(SDKS.filter(({ major }) => major > 5))('ai $major', ({ ai, major }) => {
  const refused = () =>
    new ai.APICallError({
      message: 'busy',
      url: 'u',
      requestBodyValues: {},
      statusCode: 500,
      isRetryable: true,
      responseHeaders: { 'retry-after-ms': '1' },
    })

  /** A model of embeddings that refuses as often as it is told. */
  function refusing(capture: Capture, ask: () => Promise<unknown> = async () => undefined) {
    const refusals = { left: 1 }
    const model = {
      specificationVersion: `v${major - 3}`,
      provider: 'made.embedding',
      modelId: 'e-1',
      maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
      supportsParallelCalls: true,
      doEmbed: async () => {
        await ask()
        if (refusals.left-- > 0) throw refused()
        return { embeddings: [[1], [2]], usage: { tokens: 3 }, warnings: [] }
      },
    }
    const middleware = auditMiddleware(capture)
    return { refusals, model: ai.wrapEmbeddingModel({ model: model as never, middleware }) } // of its version
  }
  const marks = async (log: AuditLog) =>
    (await log.query()).map(({ user, metadata }) => [user, metadata['audit.attempt']])

  test('an attempt is counted for who asks, also where values are asked about again', async () => {
    const { log, capture } = bench()
    const { model, refusals } = refusing(capture)
    const values = ['a', 'b']
    const ask = (user: string, maxRetries: number) =>
      capture.withScope({ user }, () => ai.embedMany({ model, values, maxRetries }))
    await ask('alice', 1)
    await ask('alice', 1)
    refusals.left = 1
    await ask('alice', 0).catch(() => undefined) // nobody asks again
    await ask('bob', 0)
    expect(await marks(log)).toEqual([
      ['alice', undefined],
      ['alice', 2],
      ['alice', undefined],
      ['alice', undefined],
      ['bob', undefined],
    ])
  })

  test('an attempt that a fetch records is marked as well', async () => {
    const { log, capture } = bench()
    const send = auditFetch(capture, { fetch: async () => Response.json({ data: [], model: 'e-1' }) })
    const ask = async () =>
      (await send('http://provider.test/v1/embeddings', { method: 'POST', body: '{"input":"a"}' })).text()
    await ai.embedMany({ model: refusing(capture, ask).model, values: ['a', 'b'], maxRetries: 1 })
    expect(await marks(log)).toEqual([
      ['anonymous', undefined],
      ['anonymous', 2],
    ])
  })
})
