import fc from 'fast-check'
import { countrySpecs, isValidIBAN } from 'ibantools'
import validator from 'validator'
import { expect, test } from 'vitest'
import { isCard, luhn } from '../src/card.ts'
import { IBAN_FORMS, IBAN_STRUCTURES } from '../src/iban-structure.ts'
import { findIn, LABELLED } from './labelled.ts'

const wholeIs = (kind: 'iban' | 'card' | 'email', text: string) =>
  findIn(text, { kinds: [kind] }).some(({ start, end }) => start === 0 && end === text.length)

/** One letter for each character of a structure: `2a 3n` is `aannn`. */
const spelt = (parts: Iterable<readonly [count: string | undefined, of: string | undefined]>) =>
  Array.from(parts, ([count, of = '']) => of.repeat(Number(count))).join('')

const CLASS_LETTERS: Readonly<Record<string, string>> = {
  '0-9': 'n',
  'A-Z': 'a',
  'A-Z0-9': 'c',
  '0-9A-Z': 'c',
}

test('the structures of IBANs are those of ibantools', () => {
  const theirs = new Map(Object.entries(countrySpecs))
  for (const [country, structure] of Object.entries(IBAN_STRUCTURES)) {
    const { chars, bban_regexp } = theirs.get(country) ?? {}
    const parts = (bban_regexp ?? '').matchAll(/\[([^\]]+)\]\{(\d+)\}/g)
    const expected = spelt(Array.from(parts, ([, of = '', count]) => [count, CLASS_LETTERS[of]]))
    const own = spelt(structure.split(' ').map(part => [part.slice(0, -1), part.slice(-1)]))
    expect([country, own, own.length + 4]).toEqual([country, expected, chars])
  }
})

test('no country with IBANs is missing, but for territories, whose IBANs begin with the state', () => {
  const territories = [
    'AX',
    'BL',
    'GF',
    'GG',
    'GP',
    'IM',
    'JE',
    'MF',
    'MQ',
    'NC',
    'PF',
    'PM',
    'RE',
    'TF',
    'WF',
    'YT',
  ]
  const theirs = Object.entries(countrySpecs).filter(([, { IBANRegistry, chars }]) => IBANRegistry && chars)
  const missing = theirs.map(([country]) => country).filter(country => !IBAN_FORMS.has(country))
  expect(missing.filter(country => !territories.includes(country))).toEqual([])
})

test('an IBAN of the labelled set is one for ibantools, and one with a digit changed for neither', () => {
  for (const { text, values } of LABELLED.filter(({ category }) => category !== 'escaped')) {
    for (const { start, end } of values.filter(({ kind }) => kind === 'iban')) {
      const iban = text
        .slice(start, end)
        .normalize('NFKC')
        .replaceAll(/[^A-Za-z\d]/g, '')
        .toUpperCase()
      const changed = iban.slice(0, -1) + ((Number(iban.at(-1)) + 1) % 10 || 0)
      expect([iban, isValidIBAN(iban), wholeIs('iban', iban)]).toEqual([iban, true, true])
      expect([changed, isValidIBAN(changed), wholeIs('iban', changed)]).toEqual([changed, false, false])
    }
  }
})

test('every digit string has the check digit of validator', () => {
  const digits = fc.stringMatching(/^\d{13,19}$/)
  fc.assert(
    fc.property(digits, text => luhn(text) === validator.isLuhnNumber(text)),
    { numRuns: 5000 },
  )
})

test('what validator takes for a card of a known network is one', () => {
  const starts = fc.constantFrom(
    '4',
    '51',
    '55',
    '2221',
    '2720',
    '34',
    '37',
    '6011',
    '65',
    '36',
    '3528',
    '62',
  )
  const cards = fc.tuple(starts, fc.stringMatching(/^\d{15}$/)).map(([start, rest]) => {
    const length = /^3[47]/.test(start) ? 15 : start === '36' ? 14 : 16
    const body = (start + rest).slice(0, length - 1)
    return body + '0123456789'.split('').find(digit => luhn(body + digit))
  })
  fc.assert(
    fc.property(cards, card => {
      fc.pre(validator.isCreditCard(card))
      expect([card, isCard(card), wholeIs('card', card)]).toEqual([card, true, true])
    }),
  )
})

test('what validator takes for a plain address is one', () => {
  const name = fc.stringMatching(/^[a-z\d](?:[a-z\d._+-]{0,20}[a-z\d])?$/)
  const label = fc.stringMatching(/^[a-z\d](?:[a-z\d-]{0,10}[a-z\d])?$/)
  const address = fc
    .tuple(name, label, fc.stringMatching(/^[a-z]{2,8}$/))
    .map(([a, b, c]) => `${a}@${b}.${c}`)
  fc.assert(
    fc.property(address, text => {
      fc.pre(validator.isEmail(text) && !text.startsWith('git@') && !/@\dx\./.test(text))
      expect([text, wholeIs('email', text)]).toEqual([text, true])
    }),
    { numRuns: 5000 },
  )
})
