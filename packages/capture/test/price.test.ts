import { AsyncLocalStorage } from 'node:async_hooks'
import { AuditError, AuditLog } from '@audit/core'
import { expect, test } from 'vitest'
import { auditFetch, createCapture, type PricedCall } from '../src/index.ts'

const START = { provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' }

test('a call that is not admitted does not begin: nothing is recorded, nor does an intent', async () => {
  const log = new AuditLog()
  const refusal = new AuditError('AUDIT_BUDGET_EXCEEDED', 'too much')
  const price = Object.assign(() => null, {
    admit: () => {
      throw refusal
    },
  })
  const capture = createCapture({ log, price, intent: true })
  expect(() => capture.begin(START)).toThrow(refusal)
  expect(Reflect.get(refusal, Symbol.for('langchain.errors.retryable'))).toBe(false)
  await capture.drain()
  expect(await log.count()).toBe(0)
})

test('a refused request is not sent', async () => {
  let sent = 0
  const price = Object.assign(() => null, {
    admit: () => {
      throw new AuditError('AUDIT_BUDGET_EXCEEDED', 'too much')
    },
  })
  const send = auditFetch(createCapture({ log: new AuditLog(), price }), {
    fetch: async () => {
      sent++
      return Response.json({})
    },
  })
  const answer = async () =>
    await (
      await send('https://llm.example/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
      })
    ).json()
  await expect(answer()).rejects.toMatchObject({ code: 'AUDIT_BUDGET_EXCEEDED' })
  expect(sent).toBe(0)
})

test('a call around one that is not admitted is recorded, with its error', async () => {
  const log = new AuditLog()
  let admitted = 0
  const price = Object.assign(() => null, {
    admit: () => {
      if (admitted++ > 0) throw new AuditError('AUDIT_BUDGET_EXCEEDED', 'too much')
    },
  })
  const capture = createCapture({ log, price })
  const outer = capture.begin(START)
  expect(() => outer.run(() => capture.begin(START))).toThrow(AuditError)
  await outer.end({ status: 'error' })
  expect((await log.query()).map(({ metadata }) => metadata['audit.status'])).toEqual(['error'])
})

test('a call is priced where it began, wherever it ends, and the price is told how long it took', async () => {
  const scope = new AsyncLocalStorage<string>()
  const priced: [string | undefined, PricedCall][] = []
  const log = new AuditLog()
  const price = (call: PricedCall) => {
    priced.push([scope.getStore(), call])
    return null
  }
  const capture = createCapture({ log, price })
  const call = scope.run('inside', () => capture.begin(START))
  await scope.run('elsewhere', () => call.end({ status: 'ok' }))
  scope.run('inside', () => capture.begin(START))
  await capture.drain()
  expect(priced.map(([where]) => where)).toEqual(['inside', 'inside'])
  expect(priced[0]?.[1].latencyMs).toBe((await log.query())[0]?.latencyMs)
})
