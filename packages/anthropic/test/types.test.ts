import { Anthropic } from '@anthropic-ai/sdk'
import { type Capture, createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { Anthropic as Anthropic0 } from 'anthropic-0'
import { Anthropic as AnthropicFetch } from 'anthropic-fetch'
import { expect, expectTypeOf, test } from 'vitest'
import { auditMiddleware } from '../src/index.ts'

const capture = createCapture({ log: new AuditLog() })
const middleware = [auditMiddleware(capture)]
const options = { apiKey: 'none', baseURL: 'http://127.0.0.1:1' }

test('the types of a client and of its clones stay', () => {
  const anthropic = new Anthropic({ ...options, middleware })
  expectTypeOf(anthropic).toEqualTypeOf<Anthropic>()
  expectTypeOf(anthropic.withOptions({ middleware })).toEqualTypeOf<Anthropic>()
  expectTypeOf(new Anthropic0({ ...options, middleware })).toEqualTypeOf<Anthropic0>()
})

test('a single request can record too', () => {
  type Options = NonNullable<Parameters<Anthropic['messages']['create']>[1]>
  expectTypeOf({ middleware }).toExtend<Options>()
})

test('a version without middleware does not take one', () => {
  // @ts-expect-error it would ignore the option, and record nothing
  expect(new AnthropicFetch({ ...options, middleware })).not.toHaveProperty('middleware')
})

test('there is one middleware for a capture', () => {
  expect(auditMiddleware(capture)).toBe(middleware[0])
  expect(auditMiddleware(createCapture({ log: new AuditLog() }))).not.toBe(middleware[0])
})

test.each([undefined, null, {}, fetch])('a capture that is none is refused at once: %s', given => {
  expect(() => auditMiddleware(given as Capture)).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
