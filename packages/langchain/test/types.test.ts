import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { ChatAnthropic } from '@langchain/anthropic'
import { FakeListChatModel, FakeLLM } from '@langchain/core/utils/testing'
import { type AzureChatOpenAI, ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'

const capture = createCapture({ log: new AuditLog() })
const code = 'AUDIT_INVALID_OPTIONS'

class OwnModel extends ChatOpenAI {
  readonly #secret = 'kept'
  reveal(): string {
    return this.#secret
  }
}

describe('the type of a model stays', () => {
  test('for the models of the SDKs', () => {
    expectTypeOf(auditModel(new ChatOpenAI({ apiKey: 'none' }), capture)).toEqualTypeOf<ChatOpenAI>()
    expectTypeOf(auditModel(new ChatAnthropic({ apiKey: 'none' }), capture)).toEqualTypeOf<ChatAnthropic>()
    expectTypeOf(
      auditModel(new OpenAIEmbeddings({ apiKey: 'none' }), capture),
    ).toEqualTypeOf<OpenAIEmbeddings>()
    expectTypeOf<ReturnType<typeof auditModel<AzureChatOpenAI>>>().toEqualTypeOf<AzureChatOpenAI>()
  })

  test('for others, and for a class of one’s own with private members', () => {
    expectTypeOf(auditModel(new FakeLLM({}), capture)).toEqualTypeOf<FakeLLM>()
    expectTypeOf(
      auditModel(new FakeListChatModel({ responses: [] }), capture),
    ).toEqualTypeOf<FakeListChatModel>()
    const own = auditModel(new OwnModel({ apiKey: 'none' }), capture)
    expectTypeOf(own).toEqualTypeOf<OwnModel>()
    expect(own.reveal()).toBe('kept')
  })
})

describe('what is no model is refused at once', () => {
  const refusal = (model: unknown) => {
    try {
      auditModel(model as ChatOpenAI, capture) // what JavaScript can do
      return undefined
    } catch (error) {
      return error
    }
  }
  const model = new FakeListChatModel({ responses: [] })

  test.each([undefined, null, {}, fetch, 'gpt-4o-mini', model.withRetry(), model.withConfig({ tags: [] })])(
    '%#',
    given => {
      expect(refusal(given)).toMatchObject({ code })
    },
  )

  test('and so is an option that is none', () => {
    const options = { providers: 'openai' } as object
    expect(() => auditModel(model, capture, options)).toThrow(expect.objectContaining({ code }))
    expect(() => new AuditCallbackHandler(capture, options)).toThrow(expect.objectContaining({ code }))
  })

  test('and so is a capture that is none', () => {
    expect(() => auditModel(model, {} as typeof capture)).toThrow(expect.objectContaining({ code }))
    expect(() => new AuditCallbackHandler({} as typeof capture)).toThrow(expect.objectContaining({ code }))
  })
})
