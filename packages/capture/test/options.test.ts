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
  { log, unknown: true },
])('a capture is not made of these options: %#', options => {
  expect(() => createCapture(options as { log: AuditLog })).toThrow(refused)
})

test.each([{ provider: 7 }, { fetch: 'fetch' }, { unknown: 1 }])('nor a fetch of these: %j', options => {
  expect(() => auditFetch(createCapture({ log }), options as object)).toThrow(refused)
})

test('nor a fetch without a capture', () => {
  expect(() => auditFetch({} as Capture)).toThrow(refused)
})
