import { expect, test } from 'vitest'
import { DEFAULT_KINDS, type RedactOptions, redact } from '../src/index.ts'
import { recorded, redacted } from './scene.ts'

test.each<[string, unknown]>([
  ['an unknown option', { kind: ['email'] }],
  ['an unknown kind', { kinds: ['mail'] }],
  ['kinds that are no array', { kinds: 'email' }],
  ['nothing to redact', { kinds: [] }],
  ['a country that is none', { country: 'XX' }],
  ['a country in small letters', { country: 'us' }],
  ['a restore that is neither true nor a function', { restore: 'yes' }],
  ['a rule without a pattern', { also: [{ kind: 'x' }] }],
  ['a pattern that is a text', { also: [{ kind: 'x', pattern: 'x' }] }],
  ['a rule of an unknown key', { also: [{ kind: 'x', pattern: /x/, flags: 'g' }] }],
  ['an accept that is no function', { also: [{ kind: 'x', pattern: /x/, accept: true }] }],
  ['a kind that cannot be a placeholder', { also: [{ kind: 'my kind', pattern: /x/ }] }],
  ['a rule that hides the version', { also: [{ kind: 'rules', pattern: /x/ }] }],
  ['a rule named as a kind', { also: [{ kind: 'email', pattern: /x/ }] }],
  [
    'two rules of one name',
    {
      also: [
        { kind: 'a', pattern: /x/ },
        { kind: 'a', pattern: /y/ },
      ],
    },
  ],
  ['no object', 'email'],
])('%s is refused', (_, options) => {
  expect(() => redact(options as RedactOptions)).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})

test('IP addresses are redacted only where asked for', async () => {
  const text = '192.0.2.1 and 2001:db8::1'
  expect(await redacted(text)).toBe(text)
  expect(await redacted(text, { kinds: [...DEFAULT_KINDS, 'ipv4', 'ipv6'] })).toBe('[IPV4_1] and [IPV6_1]')
})

test('only the kinds that are named are redacted', async () => {
  expect(await redacted('a@example.com 4111111111111111', { kinds: ['card', 'card'] })).toBe(
    'a@example.com [CARD_1]',
  )
})

test('phone numbers without a plus are redacted where their country is named', async () => {
  const text = '(212) 555-0123, +44 20 7946 0018'
  expect(await redacted(text)).toBe('(212) 555-0123, [PHONE_1]')
  expect(await redacted(text, { country: 'US' })).toBe('[PHONE_1], [PHONE_2]')
  expect(await redacted('030 23125012, 1764106471', { country: 'DE' })).toBe('[PHONE_1], 1764106471')
})

test('rules of your own join in, and their patterns keep no state', async () => {
  const pattern = /C-\d{4}/gy
  pattern.lastIndex = 7
  const also = [
    { kind: 'caseNumber', pattern },
    { kind: 'even', pattern: /#\d+/, accept: (found: string) => Number(found.slice(1)) % 2 === 0 },
  ]
  const entry = await recorded(
    { inputText: 'C-1234 C-5678 C-1234 #2 #3', metadata: { c: 'C-5678' } },
    { also },
  )
  expect(entry.inputText).toBe('[CASE_NUMBER_1] [CASE_NUMBER_2] [CASE_NUMBER_1] [EVEN_1] #3')
  expect(entry.metadata).toEqual({
    c: '[CASE_NUMBER_2]',
    'audit.redacted': { rules: '1', caseNumber: 4, even: 1 },
  })
  expect(pattern.lastIndex).toBe(7)
})

test('a rule that matches nothing at all, or throws, stalls and leaks nothing', async () => {
  expect(await redacted('abc', { also: [{ kind: 'none', pattern: /x*/ }] })).toBe('abc')
  const also = [
    {
      kind: 'broken',
      pattern: /abc/,
      accept: () => {
        throw new Error('abc')
      },
    },
  ]
  await expect(redacted('abc', { also })).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
})

test('finds that overlap become one, named after the longest', async () => {
  const also = [
    { kind: 'first', pattern: /abcd/ },
    { kind: 'second', pattern: /cdefgh/ },
    { kind: 'third', pattern: /gh/ },
    { kind: 'same', pattern: /xyz/ },
    { kind: 'alike', pattern: /xyz/ },
  ]
  expect(await redacted('-abcdefgh-xyz-', { kinds: [], also })).toBe('-[SECOND_1]-[SAME_1]-')
  expect(await redacted('-abcdefgh-xyz-', { kinds: [], also: also.toReversed() })).toBe(
    '-[SECOND_1]-[ALIKE_1]-',
  )
})
