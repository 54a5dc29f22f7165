import { describe, expect, test } from 'vitest'
import { redacted } from './scene.ts'

const VALUES: Readonly<Record<string, string>> = {
  EMAIL: 'alice@example.com',
  CARD: '4111 1111 1111 1111',
  IBAN: 'GB29 NWBK 6016 1331 9268 19',
  PHONE: '+1 (212) 555-0123',
  SSN: '219-09-9999',
  API_KEY: `sk-proj-${'a1B2c3D4'.repeat(5)}`,
  JWT: `eyJ${'hbGciOiJI'.repeat(3)}.eyJ${'zdWIiOiIx'.repeat(3)}.${'c2lnbmF0'.repeat(4)}`,
}

type Write = (text: string) => string

/** Escapes some characters one by one. */
const each =
  (what: RegExp, escaped: (code: number) => string): Write =>
  text =>
    text.replaceAll(what, character => escaped(character.charCodeAt(0)))
const hex = (code: number, length: number) => code.toString(16).padStart(length, '0')
const json: Write = text => JSON.stringify(text).slice(1, -1)
const form: Write = text => new URLSearchParams([['', text]]).toString().slice(1)

const WRITERS: Readonly<Record<string, Write>> = {
  'a URL': encodeURIComponent,
  'a URL in a URL': text => encodeURIComponent(encodeURIComponent(text)),
  'a form body': form,
  'a form body in a URL': text => encodeURIComponent(form(text)),
  JSON: json,
  'JSON in JSON in JSON': text => json(json(json(text))),
  'JSON in a URL': text => encodeURIComponent(json(text)),
  'JSON of ASCII': each(/[^a-z\d]/gi, code => `\\u${hex(code, 4)}`),
  'JSON, every character': each(/[\s\S]/g, code => `\\u${hex(code, 4)}`),
  'a literal in hexadecimal': each(/[\s\S]/g, code => `\\x${hex(code, 2).toUpperCase()}`),
  'a literal with code points': each(/[^a-z\d]/gi, code => `\\u{${hex(code, 1)}}`),
  Markdown: each(/[^a-z\d\s]/gi, code => `\\${String.fromCharCode(code)}`),
  HTML: each(/[^a-z\d]/gi, code => `&#${code};`),
  'HTML in hexadecimal': each(/[^a-z\d]/gi, code => `&#x${hex(code, 2)};`),
  'HTML in JSON': text => json(each(/[^a-z\d]/gi, code => `&#${code};`)(text)).replaceAll('&', '\\u0026'),
  'colours of a terminal': each(/[^a-z\d+]/gi, code => `\x1b[1;31m${String.fromCharCode(code)}\x1b[0m`),
  'colours, written out': each(/[^a-z\d+]/gi, code => `\\x1b[31m${String.fromCharCode(code)}\\033[0m`),
}

describe.each(Object.keys(WRITERS))('escaped as in %s', name => {
  const write: Write = text => WRITERS[name]?.(text) ?? ''

  test.each(Object.entries(VALUES))(
    '%s is found whole, behind a name and before a line break',
    async (label, value) => {
      const text = await redacted(write(`card=${value}\nand more`))
      expect(text).toContain(`[${label}_1]`)
      const [before = '', behind = ''] = text.split(`[${label}_1]`)
      // A colour that is switched beside a value may go with it.
      expect(write('card=')).toContain(before)
      expect(write('\nand more')).toContain(behind)
      expect(before).toMatch(/^.{4}/)
      expect(behind).toMatch(/.{4}$/)
    },
  )
})

test.each([
  ['behind a line break that is written out', '"\\n4111111111111111\\n"', '"\\n[CARD_1]\\n"'],
  [
    'with the address in the middle of a query',
    '?to=a%40example.com&cc=b%40example.com',
    '?to=[EMAIL_1]&cc=[EMAIL_2]',
  ],
  ['with a plus of its own', '?tel=%2B12125550123', '?tel=[PHONE_1]'],
  [
    'with a slash',
    '"https:\\/\\/hooks.slack.com\\/services\\/T0ABCDEF1\\/B0ABCDEF1\\/abcdefghijklmnop12"',
    '"https:\\/\\/[API_KEY_1]"',
  ],
  ['in UTF-8', 'to%3Djürgen%40ex%C3%A4mple.example', 'to%3D[EMAIL_1]'],
  ['as digits of another script', `%D9%A4${'%D9%A1'.repeat(15)}`, '[CARD_1]'],
  ['as a pair of surrogates', '\\ud835\\udfd2111 1111 1111 1111', '[CARD_1]'],
  ['with a quote that ends it', '\\u0022alice@example.com\\u0022', '\\u0022[EMAIL_1]\\u0022'],
  ['in brackets', 'alice [at] example [dot] com, bob@example[.]com', '[EMAIL_1], [EMAIL_2]'],
  ['named', 'alice&commat;example&period;com 4111&nbsp;1111&nbsp;1111&nbsp;1111', '[EMAIL_1] [CARD_1]'],
])('a value is found %s', async (_, text, expected) => {
  expect(await redacted(text)).toBe(expected)
})

test.each([
  "LIKE '%4111111111111111%'", // `%41` is no escape: nobody escapes letters
  "LIKE '%alice@example.com%'",
  '100%4242424242424242',
])('what only looks like an escape hides nothing: %s', async text => {
  expect(await redacted(text)).toMatch(/\[(?:CARD|EMAIL)_1\]/)
})

test.each([
  '%',
  '%4',
  '%zz',
  '%ff',
  '%C3%41',
  '\\',
  '\\u12',
  '\\u{110000}',
  '&#1114112;',
  '&#x;',
  '\\x1',
  '\x1b[',
])('a broken escape stays, and what follows is found: %s', async broken =>
  expect(await redacted(`${broken} a@example.com`)).toBe(`${broken} [EMAIL_1]`),
)
