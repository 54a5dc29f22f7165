import { AuditError, PAGE_BYTES, partialPage } from '@audit/core/backend'
import { expect, test } from 'vitest'

test('an error of another copy of this package is one of ours', async () => {
  const copy: typeof import('../src/errors.ts') = await import('../src/errors.ts?another-copy' as string)
  expect(copy.AuditError).not.toBe(AuditError)
  const theirs = new copy.AuditError('AUDIT_BUSY', 'locked')
  expect(theirs).toBeInstanceOf(AuditError)
  expect(new AuditError('AUDIT_BUSY', 'locked')).toBeInstanceOf(copy.AuditError)
  expect(AuditError.wrap(theirs, 'AUDIT_WRITE_FAILED', 'not stored')).toBe(theirs)
})

test.each([
  undefined,
  null,
  'AuditError',
  5,
  new Error('AUDIT_BUSY'),
  { code: 'AUDIT_BUSY', name: 'AuditError' },
])('%o is none', value => {
  expect(value instanceof AuditError).toBe(false)
})

test('a subclass is recognised as any class is', () => {
  class Narrow extends AuditError {}
  const narrow = new Narrow('AUDIT_BUSY', 'locked')
  expect(narrow).toBeInstanceOf(Narrow)
  expect(narrow).toBeInstanceOf(AuditError)
  expect(new AuditError('AUDIT_BUSY', 'locked') instanceof Narrow).toBe(false)
})

test.each([
  new Error('the disk is full'),
  'the disk is full',
  undefined,
  { toString: () => 'the disk is full' },
])('%o is wrapped, and becomes the cause', cause => {
  const wrapped = AuditError.wrap(cause, 'AUDIT_WRITE_FAILED', 'not stored')
  expect(wrapped).toMatchObject({ name: 'AuditError', code: 'AUDIT_WRITE_FAILED' })
  expect(wrapped.cause).toBe(cause)
  expect(wrapped.message).toContain('not stored: ')
  if (cause !== undefined) expect(wrapped.message).toContain('the disk is full')
})

test('an error has an entryId only where one is meant', () => {
  expect(new AuditError('AUDIT_BUSY', 'locked').entryId).toBeUndefined()
  expect(new AuditError('AUDIT_OUTCOME_UNKNOWN', 'cut', { entryId: 'x' }).entryId).toBe('x')
})

test('a page may end early at 8 MiB, and is the array that was given', () => {
  expect(PAGE_BYTES).toBe(8_388_608)
  const entries: [] = []
  expect(partialPage(entries)).toBe(entries)
  expect(partialPage(entries).isPartial).toBe(true)
})
