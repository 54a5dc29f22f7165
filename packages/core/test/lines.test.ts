import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEntry, createLeaf, decodeLine, encodeLine, leafHash } from '@audit/core'
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
      expect(encodeLine(decodeLine(line))).toBe(line)
      expect(JSON.stringify(JSON.parse(line)).length).toBe(line.length)
    }),
  )
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
