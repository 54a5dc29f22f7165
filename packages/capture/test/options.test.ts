import { AuditLog } from '@audit/core'
import { expect, test } from 'vitest'
import { auditFetch, type Capture, createCapture } from '../src/index.ts'

const log = new AuditLog()
const refused = expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' })

test.each([
  undefined,
  null,
  {},
  { log: undefined },
  { log: {} },
  { log: { record: 'yes' } },
  { log, user: 7 },
  { log, onAuditFailure: 'ignore' },
  { log, content: 'none' },
  { log, price: {} },
  { log, intent: 'yes' },
  { log, idleMs: 0 },
  { log, idleMs: Number.NaN },
  { log, idleMs: 2 ** 31 },
  { log, strict: 1 },
  { log, hosts: 'api.example.com' },
  { log, hosts: [''] },
  { log, hosts: ['https://llm.example.com/v1'] },
  { log, hosts: ['llm.example.com/v1'] },
  { log, hosts: ['a b'] },
  { log, hosts: ['me@llm.example.com'] },
  { log, hosts: ['llm.example.com:port'] },
  { log, hosts: ['llm.example.com', 7] },
  { log, unknown: true },
])('a capture is not made of these options: %#', options => {
  expect(() => createCapture(options as { log: AuditLog })).toThrow(refused)
})

test.each([{ provider: 7 }, { fetch: 'fetch' }, { by: 'me' }, { unknown: 1 }])(
  'nor a fetch of these: %j',
  options => {
    expect(() => auditFetch(createCapture({ log }), options as object)).toThrow(refused)
  },
)

test('nor a fetch without a capture', () => {
  expect(() => auditFetch({} as Capture)).toThrow(refused)
})

test('hosts are names as they stand in a URL', async () => {
  const hosts = ['llm.example.com', '*.internal:8080', '127.0.0.1:80', '[::1]:443', 'LOCALHOST', 'a_b.local']
  await createCapture({ log, hosts }).close()
})

const capture = createCapture({ log })
const begun = { provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' }

test.each([
  undefined,
  {},
  { ...begun, input: undefined },
  { ...begun, input: 7 },
  { ...begun, provider: null },
  { ...begun, signal: {} },
  { ...begun, by: { integration: 'mine', version: '1', level: 'deep' } },
  { ...begun, modle: 'a-1' },
])('a call does not begin like this: %j', start => {
  expect(() => capture.begin(start as typeof begun)).toThrow(refused)
})

test.each([
  undefined,
  {},
  { status: 'okay' },
  { status: 'toString' },
  { status: 'ok', output: 7 },
  { status: 'ok', usage: 7 },
  { status: 'ok', usage: { tokens: 7 } },
  { status: 'ok', usage: { inputTokens: '7' } },
  { status: 'ok', finishReasons: 'stop' },
  { status: 'ok', outputText: 'Hello' },
])('a call does not end like this, and is open still: %j', async outcome => {
  const given = outcome as { status: 'ok' }
  const call = capture.begin(begun)
  await expect(call.end(given)).rejects.toEqual(refused)
  if (given) {
    expect(() => call.abandon(given)).toThrow(refused)
    expect(() => call.attempt(given)).toThrow(refused)
  }
  expect(() => call.expect(given)).toThrow(refused)
  expect(call.hasEnded).toBe(false)
  await call.end({ status: 'ok' })
})

test.each([
  undefined,
  'alice',
  { usr: 'alice' },
  { user: 7 },
  { conversation: 7 },
  { metadata: 'x' },
  { metadata: ['x'] },
])('a scope is none of these: %j', scope => {
  expect(() => capture.withScope(scope as object, () => expect.fail('it ran'))).toThrow(refused)
})
