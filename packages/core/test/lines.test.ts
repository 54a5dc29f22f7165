import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEntry, createLeaf, decodeLine, encodeLine, leafHash, readLine } from '@audit/core/backend'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const vectors = join(import.meta.dirname, '../../../../shared/vectors/jcs')
const fields = (metadata = {}) =>
  createEntry({ model: 'm', inputText: 'in', outputText: 'out', costUsd: 0.003, latencyMs: 250, metadata })

/** The bytes of a JSON value as they stand in a canonical line. */
function encodeMetadata(value: unknown): string {
  const line = encodeLine({ ...fields(), metadata: { v: JSON.parse(JSON.stringify(value)) } })
  return line.slice(line.indexOf('"metadata":{"v":') + '"metadata":{"v":'.length, line.indexOf('},"model":'))
}

test('a line has the nine keys in the order of RFC 8785', () => {
  const entry = fields({ b: 1, a: '€', 10: 0, 9: 0 })
  expect(encodeLine(entry)).toBe(
    `{"cost_usd":0.003,"entry_id":"${entry.entryId}","input_text":"in","latency_ms":250,` +
      `"metadata":{"10":0,"9":0,"a":"€","b":1},"model":"m","output_text":"out",` +
      `"timestamp":"${entry.timestamp}","user":"anonymous"}`,
  )
})

test('a leaf hash is SHA-256 over a zero byte and the line', async () => {
  const { createHash } = await import('node:crypto')
  const leaf = createLeaf(fields({ text: '\0 é 😀' }))
  const expected = createHash('sha256')
    .update(Buffer.from([0]))
    .update(leaf.line, 'utf8')
    .digest()
  expect(Buffer.from(leaf.hash).equals(expected)).toBe(true)
  expect(Buffer.from(leafHash('')).toString('hex')).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
})

test('decoding a line and encoding it again gives the same line', () => {
  const text = fc.string({ unit: 'binary' })
  const input = fc.record({
    model: fc.string({ unit: 'binary', minLength: 1 }),
    inputText: text,
    outputText: text,
    user: text,
    costUsd: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    latencyMs: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    metadata: fc.dictionary(text, fc.jsonValue({ stringUnit: 'binary' })),
  })
  fc.assert(
    fc.property(input, value => {
      const entry = createEntry(JSON.parse(JSON.stringify(value)))
      const line = encodeLine(entry)
      expect(decodeLine(line)).toEqual(entry)
      expect(readLine(line)).toEqual({ entry, isCanonical: true })
      expect(encodeLine(decodeLine(line))).toBe(line)
      expect(JSON.stringify(JSON.parse(line)).length).toBe(line.length)
    }),
  )
})

test.each([
  ['a space', (line: string) => `${line} `],
  ['an escape that it does not need', (line: string) => line.replace('"in"', '"\\u0069n"')],
  ['a lone surrogate', (line: string) => line.replace('"in"', '"\\ud800"')],
  ['a zero behind the point', (line: string) => line.replace('250', '250.0')],
  ['a zero below zero', (line: string) => line.replace('250', '-0')],
  [
    'keys in another order',
    (line: string) => line.replace('{"cost_usd":0.003,', '{').replace(/}$/, ',"cost_usd":1}'),
  ],
  ['keys of metadata in another order', (line: string) => line.replace('{}', '{"b":1,"a":1}')],
  ['numbers as keys in the order of JavaScript', (line: string) => line.replace('{}', '{"9":1,"10":1}')],
])('a line that is spelt in another way is not canonical: %s', (_, spell) => {
  const line = encodeLine(fields())
  expect(spell(line)).not.toBe(line)
  expect(readLine(spell(line)).isCanonical).toBe(false)
})

test('a line that another writer spelt differently is read, with its strings as they are', () => {
  const line =
    '{"entry_id": "0195A0B0C0D0E0F00102030405060708", "timestamp": "2026-11-23T21:07:03.624441+00:00", "user": "z\\u00e9", ' +
    '"model": "gpt", "input_text": "\\ud83d\\ude00", "output_text": "", "cost_usd": null, "latency_ms": 1.50, "metadata": {"b": 1, "a": []}}\r'
  expect(decodeLine(line)).toEqual({
    entryId: '0195A0B0C0D0E0F00102030405060708',
    timestamp: '2026-11-23T21:07:03.624441+00:00',
    user: 'zé',
    model: 'gpt',
    inputText: '😀',
    outputText: '',
    costUsd: null,
    latencyMs: 1.5,
    metadata: { b: 1, a: [] },
  })
})

const good: Readonly<Record<string, unknown>> = JSON.parse(encodeLine(fields()))
const without = (key: string) => JSON.stringify({ ...good, [key]: undefined })
const withValue = (key: string, value: unknown) => JSON.stringify({ ...good, [key]: value })

test.each([
  ['torn', encodeLine(fields()).slice(0, -9)],
  ['empty', ''],
  ['an array', '[]'],
  ['null', 'null'],
  ['two objects', `${JSON.stringify(good)}${JSON.stringify(good)}`],
  ...Object.keys(good).map(key => [`without ${key}`, without(key)]),
  ['an unknown key', withValue('extra', 1)],
  ['a number as user', withValue('user', 1)],
  ['a text as cost', withValue('cost_usd', '1')],
  ['an infinite cost', JSON.stringify(good).replace('0.003', '1e999')],
  ['metadata that is an array', withValue('metadata', [])],
  ['metadata too deep', JSON.stringify(good).replace('{}', `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`)],
  ['a timestamp that is no time', withValue('timestamp', 'banana')],
])('a line that is %s is refused', (_, line) => {
  expect(() => decodeLine(line ?? '')).toThrow(expect.objectContaining({ code: 'AUDIT_CORRUPT' }))
})

test.each(Object.keys(good))('a line without %s is refused, also where everything inherits it', key => {
  Object.defineProperty(Object.prototype, key, { value: good[key], configurable: true })
  try {
    expect(() => decodeLine(without(key))).toThrow(expect.objectContaining({ code: 'AUDIT_CORRUPT' }))
  } finally {
    Reflect.deleteProperty(Object.prototype, key)
  }
})

test.each(['costUsd', 'latencyMs'])('a number that JSON has not is not encoded: %s', key => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(() => encodeLine({ ...fields(), [key]: value })).toThrow(
      expect.objectContaining({ code: 'AUDIT_CORRUPT' }),
    )
  }
})

const spelt = (from: string, to: string) => {
  const line = JSON.stringify({ ...good, metadata: { a: 1, b: { c: [2] } } })
  expect(line).toContain(from)
  return line.replace(from, to)
}

test.each([
  ['a key twice', spelt('"user":', '"user":"eve","user":')],
  ['a key twice, spelt in two ways', spelt('"user":', '"us\\u0065r":"eve","user":')],
  ['a key twice in metadata', spelt('"a":1', '"a":1,"a":1')],
  ['a key twice deep in metadata', spelt('[2]', '[{"d":1,"e":"}","d":2}]')],
  ['a key twice at the end of an object', spelt('"a":1', '"a":{"x":[],"y":1,"x":[]}')],
  ['a key twice round an object', spelt('"a":1', '"x":{"a":1},"x":2')],
  ['a key twice round a list', spelt('"a":1', '"x":[{"a":1},"x"],"a":1,"x":2')],
  ['the empty key twice', spelt('"a":1', '"":1,"":2')],
  ['a negative number that a double rounds', spelt('[2]', '[-9007199254740993]')],
  ['a number that a double rounds behind a space', spelt('[2]', '[ 9007199254740993 ]')],
  ['a number with an exponent that a double rounds', spelt('[2]', '[9007199254740993e0]')],
  ['a number with a large exponent that a double rounds', spelt('[2]', '[1.00000000000000000001E+3]')],
  ['a latency that a double rounds', spelt('"latency_ms":250', '"latency_ms":250.000000000000000001')],
  ['__proto__ twice', spelt('"a":1', '"__proto__":1,"__proto__":2')],
  ['a key twice behind a text with quotes and brackets', spelt('"a":1', '"x":"\\"{[,","a":1,"a":2')],
  ['a whole number that a double rounds', spelt('[2]', '[9007199254740993]')],
  ['a fraction that a double rounds', spelt('0.003', '0.00300000000000000000001')],
  ['a number that a double takes for 0', spelt('[2]', '[1e-400]')],
  ['a large number with too many digits', spelt('[2]', '[123456789012345678901234567890]')],
])('a line that says two things is refused: %s', (_, line) => {
  expect(() => decodeLine(line)).toThrow(expect.objectContaining({ code: 'AUDIT_CORRUPT' }))
})

test.each([
  ['-1.50', -1.5],
  ['-1e2', -100],
  ['-9007199254740992', -(2 ** 53)],
  ['0.001', 0.001],
  ['1000', 1000],
  ['1e3', 1000],
  ['10e-1', 1],
  ['1e21', 1e21],
  ['1000000000000000000000', 1e21],
  ['0.000001', 1e-6],
  ['0.0000001', 1e-7],
  ['0.01e2', 1],
  ['0.0000000000000000000001e22', 1],
  ['-0.0e7', 0],
  ['1.0', 1],
  ['1.50', 1.5],
  ['1e2', 100],
  ['1E+2', 100],
  ['100e-2', 1],
  ['-0', 0],
  ['0.0', 0],
  ['0e5', 0],
  ['1e-07', 1e-7],
  ['0.30000000000000004', 0.1 + 0.2],
  ['9007199254740992', 2 ** 53],
  ['5e-324', 5e-324],
  ['1.7976931348623157e+308', Number.MAX_VALUE],
])('the number %s is read, however it is spelt', (literal, value) => {
  expect(decodeLine(spelt('[2]', `[${literal}]`)).metadata).toEqual({ a: 1, b: { c: [value] } })
})

test.each([
  ['equal keys in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":1}]}'],
  ['equal texts in a list', '{"b": ["a", "a", "a", ["b", "b", "b"]], "c": [["b"], "b", "b"]}'],
  ['texts that are equal to keys', '{"a": "a", "b": ["a", "a"]}'],
  ['keys that differ in case', '{"a": 1, "A": 1}'],
  ['escapes at the end of a text', '{"a": "\\\\", "b": "\\""}'],
])('a line with %s says one thing', (_, metadata) => {
  const line = JSON.stringify(good).replace('"metadata":{}', `"metadata": ${metadata}`)
  expect(decodeLine(line).metadata).toEqual(JSON.parse(metadata))
})

test('what is wrong with a line is said in a few words, whatever it holds', () => {
  const huge = 'k'.repeat(1_000_000)
  for (const line of [
    withValue(huge, 1),
    spelt('"a":1', `"${huge}":[1e999]`),
    spelt('"a":1', `"${huge}":1,"${huge}":1`),
  ]) {
    expect(() => decodeLine(line)).toThrow(
      expect.objectContaining({ code: 'AUDIT_CORRUPT', message: expect.stringMatching(/^.{1,500}$/s) }),
    )
  }
})

describe.skipIf(!existsSync(vectors))(
  'published cases of RFC 8785 (need the vectors beside the checkout)',
  () => {
    const load = (name: string) => JSON.parse(readFileSync(join(vectors, name), 'utf8')).cases

    test('every file is run', () => {
      expect(readdirSync(vectors).toSorted()).toEqual(['numbers.json', 'testdata.json'])
    })

    test.each<{ ieee754_hex: string; json: string | null }>(existsSync(vectors) ? load('numbers.json') : [])(
      'number $ieee754_hex',
      ({ ieee754_hex, json }) => {
        const value = Buffer.from(ieee754_hex, 'hex').readDoubleBE()
        if (json === null) {
          const metadata = { v: value }
          expect(() => createEntry({ model: 'm', inputText: '', outputText: '', metadata })).toThrow(
            expect.objectContaining({ code: 'AUDIT_INVALID_ENTRY' }),
          )
        } else {
          const { metadata } = createEntry({
            model: 'm',
            inputText: '',
            outputText: '',
            metadata: { v: value },
          })
          expect(encodeLine({ ...fields(), metadata })).toContain(`"metadata":{"v":${json}}`)
        }
      },
    )

    test.each<{ name: string; input: string; output_hex: string }>(
      existsSync(vectors) ? load('testdata.json') : [],
    )('document $name', ({ input, output_hex }) => {
      expect(encodeMetadata(JSON.parse(input))).toBe(Buffer.from(output_hex, 'hex').toString())
    })
  },
)
