import assert from 'node:assert/strict'
import { AuditError, type AuditErrorCode } from '@audit/core'
import { messageOf } from './failure.ts'

/**
 * Asserts that a call rejects with an `AuditError` of this code. Throwing synchronously does not count.
 *
 * @param what the call, for the message.
 */
export async function expectCode(
  call: () => Promise<unknown>,
  code: AuditErrorCode,
  what: string,
): Promise<void> {
  let answer: Promise<unknown>
  try {
    answer = call()
  } catch {
    assert.fail(`${what} must reject; it threw before it returned a promise`)
  }
  const outcome = await answer.then(
    value => ({ value }),
    error => assertCode(error, code, what),
  )
  if (outcome) assert.fail(`${what} must reject with ${code}; it resolved with ${typeof outcome.value}`)
}

function assertCode(error: unknown, code: AuditErrorCode, what: string): undefined {
  assert.ok(
    error instanceof AuditError,
    `${what} must reject with an AuditError of @audit/core, not: ${messageOf(error)}`,
  )
  assert.equal(error.code, code, `the code of ${what}'s error`)
}
