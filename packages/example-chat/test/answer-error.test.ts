import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { modelFailed } from '../src/answer-error.ts'

test('the error of an SDK is printed with its stack, and without its request', () => {
  const request = { messages: ['what alice said'] }
  const error = Object.assign(new RangeError('busy'), { request, cause: { request } })
  const printed = inspect(modelFailed(error), { depth: 10 })
  expect(printed).toMatch(/RangeError: busy\n +at .*answer-error\.test\.ts/)
  expect(printed).not.toContain('alice')
  expect(modelFailed('busy').status).toBe(502)
})
