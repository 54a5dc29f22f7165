import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { AzureOpenAI, OpenAI } from 'openai'
import { OpenAI as OpenAI4 } from 'openai4'
import { OpenAI as OpenAI5 } from 'openai5'
import { OpenAI as OpenAI6 } from 'openai6'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'

const capture = createCapture({ log: new AuditLog() })
const options = { apiKey: 'none', baseURL: 'http://127.0.0.1:1/v1' }

class OwnClient extends OpenAI {
  readonly #secret = 'kept'
  reveal(): string {
    return this.#secret
  }
}

describe('the type of a client stays', () => {
  test('in every major', () => {
    expectTypeOf(auditOpenAI(new OpenAI4(options), capture)).toEqualTypeOf<OpenAI4>()
    expectTypeOf(auditOpenAI(new OpenAI5(options), capture)).toEqualTypeOf<OpenAI5>()
    expectTypeOf(auditOpenAI(new OpenAI6(options), capture)).toEqualTypeOf<OpenAI6>()
    expectTypeOf(auditOpenAI(new OpenAI(options), capture)).toEqualTypeOf<OpenAI>()
  })

  test('for Azure, and for a class of one’s own with private members', () => {
    const azure = new AzureOpenAI({
      apiKey: 'none',
      endpoint: 'https://x.openai.azure.com',
      apiVersion: '2024-10-21',
    })
    expectTypeOf(auditOpenAI(azure, capture)).toEqualTypeOf<AzureOpenAI>()
    const own = auditOpenAI(new OwnClient(options), capture)
    expectTypeOf(own).toEqualTypeOf<OwnClient>()
    expect(own.reveal()).toBe('kept')
  })
})

describe('what is no client of a supported version is refused at once', () => {
  const code = 'AUDIT_INVALID_OPTIONS'
  const refusal = (client: unknown) => {
    try {
      auditOpenAI(client as OpenAI, capture) // what JavaScript can do
      return undefined
    } catch (error) {
      return error
    }
  }
  const client = (userAgent: string) => ({
    fetch,
    request: () => undefined,
    baseURL: 'http://127.0.0.1:1/v1',
    maxRetries: 2,
    getUserAgent: () => userAgent,
  })

  test.each([undefined, null, {}, fetch, new OpenAI(options).chat])('%#', given => {
    expect(refusal(given)).toMatchObject({ code })
  })

  test.each(['OpenAI/JS 3.3.0', 'OpenAI/JS 8.0.0'])('%s', userAgent => {
    expect(refusal(client(userAgent))).toMatchObject({ code })
  })

  test('and a client without a version is taken', () => {
    expect(refusal(client('mine'))).toBeUndefined()
  })

  test('a client that authenticates by X.509, whose requests nobody sees', () => {
    const hidden = { ...client('OpenAI/JS 7.57.0'), _options: { workloadIdentity: { type: 'x509' } } }
    expect(refusal(hidden)).toMatchObject({ code })
  })

  test('a capture that is none', () => {
    expect(() => auditOpenAI(new OpenAI(options), {} as typeof capture)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
