import { type CaptureOptions, createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { ChatGenerationChunk } from '@langchain/core/outputs'
import { describe, expect, test } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'
import { answering, StageModel, WholeModel } from './stage-model.ts'

function bench(options: Partial<CaptureOptions> = {}) {
  const log = new AuditLog({ backend: new MemoryBackend() })
  return { log, capture: createCapture({ log, ...options }) }
}

/** A model that streams these chunks. */
function streaming(...chunks: readonly (() => ChatGenerationChunk)[]): StageModel {
  const model = new StageModel(answering())
  model._streamResponseChunks = async function* () {
    for (const chunk of chunks) yield chunk()
  }
  return model
}

function chunk(text: string, more: object = {}): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: Object.assign(new AIMessageChunk(text), more) })
}

/** Chunks that LangChain refuses to put together. */
const QUARRELLING = [
  () => chunk('one ', { additional_kwargs: { kind: 'text' } }),
  () => chunk('two ', { additional_kwargs: { kind: 1 } }),
  () => chunk('three', { additional_kwargs: { kind: 'text' } }),
]

/** A model that answers with one message. */
function saying(fields: object): WholeModel {
  const model = new WholeModel(answering())
  model._generate = async () => ({
    generations: [{ text: '', message: new AIMessage({ content: '', ...fields }) }],
  })
  return model
}

describe('chunks that LangChain cannot put together', () => {
  test('fail as they do without us, and are one entry', async () => {
    const { log, capture } = bench({ intent: true })
    const read = async (model: StageModel) => {
      for await (const _ of await model.stream('q'));
    }
    const plain: unknown = await read(streaming(...QUARRELLING)).catch(error => error.message)
    await expect(read(auditModel(streaming(...QUARRELLING), capture))).rejects.toThrow(String(plain))
    await capture.drain()
    expect(await log.query({ metadata: { 'audit.status': 'cancelled' } })).toMatchObject([
      { outputText: 'one two ' },
    ])
    expect(await capture.unfinished(log)).toEqual([])
  })

  test('are one entry also where the consumer leaves', async () => {
    const { log, capture } = bench({ intent: true })
    for await (const _ of await auditModel(streaming(...QUARRELLING), capture).stream('q')) break
    await capture.drain()
    expect(await capture.unfinished(log)).toEqual([])
    expect(await log.count()).toBe(2)
  })
})

describe.each(['model', 'handler'] as const)('recorded by the %s', recorder => {
  const recorded = (model: WholeModel, options: Partial<CaptureOptions> = {}) => {
    const { log, capture } = bench(options)
    const handler = new AuditCallbackHandler(capture)
    return recorder === 'model'
      ? { log, model: auditModel(model, capture) }
      : { log, model: Object.assign(model, { callbacks: [handler] }) }
  }

  test('arguments of a tool that are no JSON fail nothing', async () => {
    const tool_calls = [{ name: 'count', args: { to: 10n }, id: '1', type: 'tool_call' }]
    const { log, model } = recorded(saying({ tool_calls }), { content: 'messages' })
    expect((await model.invoke('q')).tool_calls).toEqual(tool_calls)
    expect(await log.query()).toMatchObject([{ outputText: 'count({"to":"10"})' }])
  })

  test('nor those that no entry can hold as they are', async () => {
    const args = { at: new Date(0), none: undefined, how: () => 1 }
    const { log, model } = recorded(
      saying({ tool_calls: [{ name: 'wait', args, id: undefined, type: 'tool_call' }] }),
      { content: 'messages' },
    )
    await model.invoke('q')
    expect(await log.query()).toMatchObject([{ outputText: 'wait({"at":"1970-01-01T00:00:00.000Z"})' }])
  })

  test('a question that goes in a circle is asked', async () => {
    const circle: Record<string, unknown> = { type: 'odd' }
    circle.itself = circle
    const { log, model } = recorded(saying({ content: 'an answer' }), { content: 'messages' })
    await model.invoke([
      new HumanMessage({ content: [{ type: 'text', text: 'a question' }, circle as never] }),
    ])
    expect(await log.query()).toMatchObject([
      { inputText: 'a question\n{"type":"odd","itself":"[circular]"}', outputText: 'an answer' },
    ])
  })

  test('an answer whose members throw is an entry', async () => {
    const whole = saying({ content: 'an answer' })
    const message = new AIMessage('an answer')
    Object.defineProperty(message, 'usage_metadata', {
      get: () => {
        throw new TypeError('not yet')
      },
    })
    whole._generate = async () => ({ generations: [{ text: 'an answer', message }] })
    const { log, model } = recorded(whole)
    await model.invoke('q')
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'ok' } }])
  })

  test('fewer than no tokens are no count', async () => {
    const usage_metadata = { input_tokens: 3, output_tokens: -1, total_tokens: 2 }
    const { log, model } = recorded(saying({ content: 'an answer', usage_metadata }))
    await model.invoke('q')
    const [entry] = await log.query()
    expect(entry?.metadata).toMatchObject({ 'gen_ai.usage.input_tokens': 3 })
    expect(entry?.metadata).not.toHaveProperty(['gen_ai.usage.output_tokens'])
  })
})
