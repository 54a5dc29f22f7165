import { AuditLog } from '@audit/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Mapping, redact, restore } from '../src/index.ts'

const context = { entryId: 'id' }
const inputOf = (inputText: string) => ({
  ...{ model: 'm', user: 'u', costUsd: null, latencyMs: null, outputText: '', metadata: {} },
  inputText,
})

test('take hands the mapping over, once', async () => {
  const prepare = redact({ restore: true })
  const log = new AuditLog({ prepare })
  const entry = await log.record({ model: 'm', inputText: 'Ask alice@example.com', outputText: 'ok' })
  const mapping = prepare.take(entry.entryId)
  expect(mapping).toEqual({ '[EMAIL_1]': 'alice@example.com' })
  expect(restore(entry.inputText, mapping ?? {})).toBe('Ask alice@example.com')
  expect(restore('[EMAIL_1], [EMAIL_2]', mapping ?? {})).toBe('alice@example.com, [EMAIL_2]')
  expect(prepare.take(entry.entryId)).toBeUndefined()
  expect(JSON.stringify(await log.query())).not.toContain('alice')
})

test('only the newest 10,000 mappings wait to be taken', async () => {
  const prepare = redact({ restore: true })
  for (let i = 0; i <= 10_000; i++) await prepare(inputOf('a@example.com'), { entryId: String(i) })
  expect(prepare.take('0')).toBeUndefined()
  expect(prepare.take('1')).toEqual({ '[EMAIL_1]': 'a@example.com' })
})

test('a function has the mapping before the entry is stored, and is not called where nothing was redacted', async () => {
  const saved = new Map<string, Mapping>()
  const stored: number[] = []
  const log: AuditLog = new AuditLog({
    prepare: redact({
      restore: async (entryId, mapping) => {
        await new Promise(setImmediate)
        stored.push(await log.count())
        saved.set(entryId, mapping)
      },
    }),
  })
  const entry = await log.record({ model: 'm', inputText: 'a@example.com', outputText: '' })
  await log.record({ model: 'm', inputText: 'nothing', outputText: '' })
  expect([...saved]).toEqual([[entry.entryId, { '[EMAIL_1]': 'a@example.com' }]])
  expect(stored).toEqual([0])
})

test('when the mapping cannot be kept, nothing is stored', async () => {
  const log = new AuditLog({
    prepare: redact({ restore: () => Promise.reject(new Error('the vault is closed')) }),
  })
  await expect(log.record({ model: 'm', inputText: 'a@example.com', outputText: '' })).rejects.toMatchObject({
    code: 'AUDIT_INVALID_ENTRY',
  })
  expect(await log.count()).toBe(0)
})

test('a placeholder that stood in the text already is not given out, and stays what it was', async () => {
  const prepare = redact({ restore: true })
  const text = '[EMAIL_1] is a@example.com, and [EMAIL_3] is b@example.com'
  const { inputText } = await prepare({ ...inputOf(text), metadata: { later: '[EMAIL_4]' } }, context)
  expect(inputText).toBe('[EMAIL_1] is [EMAIL_2], and [EMAIL_3] is [EMAIL_5]')
  expect(restore(inputText, prepare.take('id') ?? {})).toBe(text)
})

test('a value is not searched for placeholders when it is put back', () => {
  expect(restore('[A_1] [B_1]', { '[A_1]': '[B_1]', '[B_1]': 'b' })).toBe('[B_1] b')
  expect(restore('[constructor_1] [A_1]', { '[A_1]': '$&' })).toBe('[constructor_1] $&')
})

test('whatever the text is, restoring gives it back', async () => {
  const pieces = fc.constantFrom(
    ...[
      'a@example.com',
      'A@EXAMPLE.COM',
      'x@用户.例子',
      '4111 1111 1111 1111',
      '４１１１１１１１１１１１１１１１',
      '𝟒𝟏𝟏𝟏1111𝟏1111111',
    ],
    ...[
      '[EMAIL_1]',
      '[EMAIL_2]',
      '[CARD_1]',
      '[',
      ']',
      '_1]',
      '[EMAIL_',
      'EMAIL_1',
      '\\n',
      '\\u0040',
      '\\\\n',
      '%40',
      '%2540',
      '%E2%80%8B',
      '&#64;',
      '\x1b[1m',
      '[at]',
      '+',
      '-----BEGIN PRIVATE KEY-----',
      '-----END KEY-----',
      '\u200b',
      '\u200f',
    ],
    ...[
      '+1 212 555 0123',
      'DE89370400440532013000',
      ' ',
      '\u00a0',
      '\n',
      '-',
      '.',
      '@',
      '"',
      '🧾',
      'é',
      'e\u0301',
      '١',
      '\\u200b',
      '\ud83d',
    ],
  )
  const texts = fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 14 })
    .map(parts => parts.join(''))
  await fc.assert(
    fc.asyncProperty(texts, async text => {
      const prepare = redact({ restore: true, country: 'US', also: [{ kind: 'any', pattern: /\w{5}/ }] })
      const { inputText } = await prepare(inputOf(text), context)
      expect(restore(inputText, prepare.take('id') ?? {})).toBe(text)
    }),
    { numRuns: 2000 },
  )
})
