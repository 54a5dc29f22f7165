import { createOpenAI } from '@ai-sdk/openai'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import * as ai7 from 'ai'
import { createOpenAI as createOpenAI2 } from 'ai-sdk-openai-2'
import { createOpenAI as createOpenAI3 } from 'ai-sdk-openai-3'
import * as ai5 from 'ai5'
import * as ai6 from 'ai6'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'

const capture = createCapture({ log: new AuditLog() })
const middleware = auditMiddleware(capture)
const options = { apiKey: 'none', baseURL: 'http://127.0.0.1:1/v1' }
const openai2 = createOpenAI2(options)
const openai3 = createOpenAI3(options)
const openai4 = createOpenAI(options)

describe('one middleware has the type that every major wants', () => {
  test('of a language model', () => {
    expectTypeOf(middleware).toExtend<ai5.LanguageModelMiddleware>()
    expectTypeOf(middleware).toExtend<ai6.LanguageModelMiddleware>()
    expectTypeOf(middleware).toExtend<ai7.LanguageModelMiddleware>()
    const model5 = ai5.wrapLanguageModel({ model: openai2('gpt-4o'), middleware })
    const model6 = ai6.wrapLanguageModel({ model: openai3('gpt-4o'), middleware })
    const model7 = ai7.wrapLanguageModel({ model: openai4('gpt-4o'), middleware: [middleware] })
    expect([model5, model6, model7].map(model => model.specificationVersion)).toEqual(['v2', 'v3', 'v4'])
  })

  test('of a provider', () => {
    ai5.wrapProvider({ provider: openai2, languageModelMiddleware: middleware })
    ai6.wrapProvider({ provider: openai3, languageModelMiddleware: middleware })
    ai7.wrapProvider({ provider: openai4, languageModelMiddleware: middleware })
  })

  test('of an embedding model', () => {
    expectTypeOf(middleware).toExtend<ai6.EmbeddingModelMiddleware>()
    expectTypeOf(middleware).toExtend<ai7.EmbeddingModelMiddleware>()
    ai6.wrapEmbeddingModel({ model: openai3.embedding('text-embedding-3-small'), middleware })
    ai7.wrapEmbeddingModel({ model: openai4.embedding('text-embedding-3-small'), middleware })
  })

  test('of an older model in a newer major', () => {
    ai7.wrapLanguageModel({ model: openai2('gpt-4o'), middleware })
    ai7.wrapLanguageModel({ model: openai3('gpt-4o'), middleware })
    ai7.wrapEmbeddingModel({ model: openai3.embedding('text-embedding-3-small'), middleware })
  })
})

describe('what is not recorded is refused, at once', () => {
  const code = 'AUDIT_INVALID_OPTIONS'
  const refused = expect.objectContaining({ code })

  test('an image model', () => {
    // @ts-expect-error: its middleware has another type
    expect(() => ai6.wrapImageModel({ model: openai3.image('dall-e-3'), middleware })).toThrow(refused)
    // @ts-expect-error: its middleware has another type
    expect(() => ai7.wrapImageModel({ model: openai4.image('dall-e-3'), middleware })).toThrow(refused)
  })

  test('a model of a specification that is not known', () => {
    const model = { ...openai2('gpt-4o'), specificationVersion: 'v1', doStream: () => undefined }
    const wrap = () => ai5.wrapLanguageModel({ model: model as never, middleware }) // what JavaScript can do
    expect(wrap).toThrow(refused)
  })

  test.each([undefined, null, {}, fetch])('a capture that is none (%#)', given => {
    expect(() => auditMiddleware(given as typeof capture)).toThrow(refused)
  })

  test('an option that is none', () => {
    const given = { providers: 'openai' } as object
    expect(() => auditMiddleware(capture, given)).toThrow(refused)
  })
})
