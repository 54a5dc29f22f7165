import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RedactOptions } from '../src/index.ts'
import { falseFinds } from './random-ids.ts'
import { redacted } from './scene.ts'

const COUNT = 100_000
const SEED = 1

test.each([
  'UUID v4',
  'UUID v7',
  'UUID v4, capitals',
  'UUID v4, in braces',
  'UUID v4, as URN',
  'UUID v4, in a URL',
  'UUID v4, in a literal',
  'ULID',
  'nanoid',
  'request id',
  'traceparent',
  'hex, 24',
  'hex, 32',
  'hex, 40',
  'hex, 64',
  'base64, 44',
  'time, ms',
  'time, µs',
  'time, ns',
])('no part of 100,000 random ids is taken for something: %s', form => {
  expect(falseFinds(form, COUNT, SEED)).toMatchObject({ taken: {}, examples: [] })
})

test.each([
  ['16 digits', 0.045],
  ['18 digits', 0.0025],
  ['19 digits', 0.017],
  ['X snowflake', 0.0005],
  ['Discord snowflake', 0.0005],
])('%s are taken for cards only where they begin like one and have a right check digit', (form, share) => {
  const { ids, taken } = falseFinds(form, COUNT, SEED)
  expect(Object.keys(taken).filter(kind => kind !== 'card')).toEqual([])
  expect((taken.card ?? 0) / ids).toBeLessThan(share)
})

test.each([
  'be955760-26c7-4585-8e1b-6c1b3e4605bd',
  'AD874FD8-AF4E-46C1-B3E4-605BDAD87FD8',
  '01a21567-9e5a-7275-be45-7f8866d4e9be',
  'ba07dce9-3337-4102-b4cd-be955760aaaa',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-be76d99ca7c93775-01',
  'be76d99ca7c93775',
  '12345678-1234-4234-8234-123456789012',
  'aaaaaaaa-0397-4959-8869-aaaaaaaaaaaa', // in Germany, the middle could be dialled
  'LT53FZhNsm21kTmOOscD', // an IBAN in all but its case
])('the id %s stays, whatever stands around it, also where phone numbers have no plus', async id => {
  for (const text of [
    id,
    `{${id}}`,
    `urn:uuid:${id}`,
    `id=${id},`,
    `"${id}"`,
    `run_${id}.log`,
    `/a/${id}/b`,
  ]) {
    for (const options of [{}, { country: 'US' }, { country: 'DE' }] satisfies RedactOptions[]) {
      expect(await redacted(text, options)).toBe(text)
    }
  }
})

test('what stands beside an id is found, in full', async () => {
  const id = 'be955760-26c7-4585-8e1b-6c1b3e4605bd'
  const text = (...values: readonly string[]) =>
    `${id} ${values[0]} ${id} ${values[1]} ${id} ${values[2]} ${id}`
  expect(await redacted(text('4111 1111 1111 1111', 'DE89 3704 0044 0532 0130 00', '+1 212 555 0123'))).toBe(
    text('[CARD_1]', '[IBAN_1]', '[PHONE_1]'),
  )
})

test('an address or a key that holds a UUID is found whole', async () => {
  const id = randomUUID()
  expect(await redacted(`${id}@example.com sk-lf-${id}`)).toBe('[EMAIL_1] [API_KEY_1]')
})

test('a hyphen ties a number to hexadecimal digits, but not to words, years and bank codes', async () => {
  for (const text of [
    'a1b2c3d4-BE68539007547034',
    'BE68539007547034-a1b2c3d4',
    '4111111111111111-0f9e8d7c',
  ]) {
    expect(await redacted(text)).toBe(text)
  }
  expect(await redacted('2024-BE68539007547034')).toBe('2024-[IBAN_1]')
  expect(await redacted('Konto-BE68539007547034-BCEELULL')).toBe('Konto-[IBAN_1]-BCEELULL')
})

test.each(['BE68539007547034', 'be68539007547034', 'Be68 5390 0754 7034', 'GB29 NWBK 6016 1331 9268 19'])(
  'an IBAN is found in the cases that people write: %s',
  async iban => expect(await redacted(`to ${iban}.`)).toBe('to [IBAN_1].'),
)

test.each([
  'gb29 nwBK 6016 1331 9268 19', // two cases
  'BE68A39007547034', // 15 characters
  'BE79A96123456769', // a right check digit, but in Belgium they have no letters
])('%s is no IBAN', async text => expect(await redacted(text)).toBe(text))

test.each([
  ['4222222222222', 13],
  ['4000000000000000006', 19],
  ['6304000000000000', 16],
  ['6212345678900000003', 19],
])('%s is a card of %i digits', async card => {
  expect(await redacted(`card ${card}`)).toBe('card [CARD_1]')
})

test.each(['482590882138558637', '361092657871060598', '3030640127743719453', '6954615654312709'])(
  '%s has a right check digit, and no network issues such cards',
  async digits => expect(await redacted(`order ${digits}`)).toBe(`order ${digits}`),
)
