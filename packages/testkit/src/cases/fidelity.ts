import assert from 'node:assert/strict'
import {
  decodeLine,
  type EntryFields,
  encodeLine,
  type JsonObject,
  type JsonValue,
} from '@audit/core/backend'
import type { Area, Case } from '../case.ts'
import { expectFound, expectLog } from '../expect-entries.ts'
import type { Place } from '../place.ts'
import { entryOf, leavesOf, placed } from '../sample-entries.ts'

const CONTROLS = String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code), 0x7f, 0x80, 0x9f)

/** Texts that some stores, drivers and formats change. */
const TEXTS: readonly { readonly id: string; readonly what: string; readonly texts: readonly string[] }[] = [
  { id: 'nul', what: 'NUL characters', texts: ['\0', 'a\0b', '\0a', 'a\0', '\0\0'] },
  {
    id: 'escapes',
    what: 'NUL, and whatever a store without NUL may put in its place,',
    texts: [
      '\0',
      '\\0',
      '\\x00',
      '%00',
      '\u2400',
      '\ufffd',
      '\ue000',
      '\ufdd0',
      '\x1b',
      '\x100',
      '\x10',
      '\x101',
      '\x10\0',
      '',
    ],
  },
  {
    id: 'controls',
    what: 'control characters and terminal escapes',
    texts: [CONTROLS, '\x1b[31mred\x1b[0m', '\b\f\v'],
  },
  {
    id: 'astral',
    what: 'characters outside the basic plane',
    texts: ['😀', '𝒳', 'a👩‍👩‍👧‍👦b', '\u{10ffff}', '🇫🇷'],
  },
  {
    id: 'right-to-left',
    what: 'right-to-left text and its marks',
    texts: ['שלום', 'مرحبا', '\u202eabc\u202c', '\u200fa\u061c'],
  },
  {
    id: 'line-ends',
    what: 'line ends of every kind',
    texts: ['a\nb', 'a\r\nb', 'a\rb', '\n', '\r\n', 'a\n\n', '\n\r'],
  },
  { id: 'separators', what: 'U+2028, U+2029 and U+0085', texts: ['a\u2028b', 'a\u2029b', 'a\u0085b'] },
  {
    id: 'normalisation',
    what: 'composed and decomposed characters',
    texts: [
      '\u00e9',
      'e\u0301',
      '\u212b',
      '\u00c5',
      '\ufb01',
      '\u1e9b\u0323',
      '\ud55c',
      '\u1112\u1161\u11ab',
    ],
  },
  { id: 'empty', what: 'the empty text', texts: [''] },
  {
    id: 'spaces',
    what: 'spaces at both ends',
    texts: [' ', ' a ', '\ta\t', '\u00a0a\u00a0', '\u3000', 'a  b'],
  },
  { id: 'byte-order-mark', what: 'U+FEFF', texts: ['\ufeff', '\ufeffa', 'a\ufeff'] },
  {
    id: 'replacement',
    what: 'U+FFFD and noncharacters',
    texts: ['\ufffd', 'a\ufffdb', '\uffff', '\ufffe', '\ufdd0'],
  },
  {
    id: 'quotes',
    what: 'quotes and backslashes',
    texts: ["'", '"', '\\', "''", '\\"', '\\n', '\\u0000', '\\\\', '`', '/'],
  },
  {
    id: 'code',
    what: 'text that looks like code',
    texts: ["'); DROP TABLE audit_log;--", '{"a":1}', '</script>', '%s%n', '$1'],
  },
  {
    id: 'lookalikes',
    what: 'text that looks like a number, null or a date',
    texts: ['007', '1.0', '1e3', 'null', 'NaN', '2026-01-01', '0x10'],
  },
  {
    id: 'names',
    what: 'names from the prototype',
    texts: ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  },
  { id: 'long', what: 'a megabyte of text', texts: ['ä'.repeat(500_000), '😀'.repeat(250_000)] },
  {
    id: 'lengths',
    what: 'every length round a power of two',
    texts: [255, 256, 257, 4095, 4096, 4097, 65_535, 65_536, 65_537].map(n => 'x'.repeat(n)),
  },
]

const NUMBERS = [
  0,
  1,
  2,
  10,
  100,
  250,
  1.5,
  0.003,
  4.35,
  1e-7,
  1e-6,
  5e-324,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  1e21,
  1e20,
  123456789.12345679,
  0.1,
  0.1 + 0.2,
  1 / 3,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  0.1234567890123456,
  999999999999999.9,
]

const VALUES: readonly {
  readonly id: string
  readonly what: string
  readonly values: readonly JsonValue[]
}[] = [
  { id: 'numbers', what: 'numbers', values: [...NUMBERS, ...NUMBERS.map(number => 0 - number)] },
  { id: 'nulls', what: 'null, and keys that hold it', values: [null, [null], { a: null }, [null, null], {}] },
  {
    id: 'booleans',
    what: 'booleans, apart from 0, 1 and their texts',
    values: [true, false, 0, 1, 'true', 'false'],
  },
  {
    id: 'empty',
    what: 'empty objects, arrays and texts',
    values: [{}, [], '', [[]], [{}], { a: {} }, { a: [] }],
  },
  {
    id: 'arrays',
    what: 'arrays with their order',
    values: [
      [3, 1, 2],
      [1, 'a', null, true, [2], { b: 3 }],
      ['b', 'a', 'b'],
    ],
  },
  {
    id: 'nested',
    what: 'nested objects',
    values: [{ a: { b: { c: { d: [{ e: 'f' }] } } } }, [[[[[['x']]]]]]],
  },
]

export const fidelity: Area = {
  name: 'fidelity',
  cases: [
    ...TEXTS.map(
      ({ id, what, texts }): Case => ({
        id: `fidelity.text-${id}`,
        timeoutFactor: id === 'long' ? 6 : 1, // 2 s in SQLite on two busy cores
        title: `${what}: every text comes back unchanged, and queries find it`,
        async run(place) {
          const entries = texts.flatMap(text => [
            entryOf({ user: text, model: `m${text}`, inputText: text, outputText: `${text}.${text}` }),
            entryOf({ metadata: { [text]: text, list: [text, { [text]: [text] }] } }),
          ])
          await expectRoundTrip(place, entries)
        },
      }),
    ),
    amountCase('costUsd'),
    amountCase('latencyMs'),
    {
      id: 'fidelity.zero-is-not-null',
      title: '0 stays 0 and null stays null: free is not unknown',
      run: place =>
        expectRoundTrip(
          place,
          [0, null].flatMap(costUsd => [0, null].map(latencyMs => entryOf({ costUsd, latencyMs }))),
        ),
    },
    ...VALUES.map(
      ({ id, what, values }): Case => ({
        id: `fidelity.metadata-${id}`,
        title: `metadata keeps ${what}`,
        run: place =>
          expectRoundTrip(
            place,
            values.map(value => entryOf({ metadata: { value } })),
          ),
      }),
    ),
    {
      id: 'fidelity.metadata-prototype',
      title: '`__proto__` and `constructor` are metadata keys like any other, and pollute nothing',
      async run(place) {
        const metadata =
          '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":{"__proto__":null}}'
        await expectRoundTrip(place, [entryOf({ metadata: JSON.parse(metadata) }), entryOf({ metadata: {} })])
        assert.equal(Reflect.get({}, 'polluted'), undefined)
      },
    },
    {
      id: 'fidelity.metadata-key-order',
      title: 'the line of an entry does not depend on the order of its keys',
      run: place =>
        expectRoundTrip(place, [
          entryOf({
            metadata: { b: 1, a: 2, '10': 3, '9': 4, B: 5, '\u20ac': 6, '😀': 7, '\ufb33': 8, '': 9 },
          }),
          entryOf({ metadata: { z: { y: 1, x: 2 }, a: [{ d: 1, c: 2 }] } }),
        ]),
    },
    {
      id: 'fidelity.metadata-deep',
      title: 'metadata keeps 256 levels, of objects and of arrays',
      run: place =>
        expectRoundTrip(place, [
          entryOf({ metadata: nestedObjects(256) }),
          entryOf({ metadata: nestedArrays(256) }),
        ]),
    },
    {
      id: 'fidelity.metadata-many-keys',
      title: 'metadata keeps 10,000 keys',
      async run(place) {
        const keys = Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i])
        await expectRoundTrip(place, [entryOf({ metadata: Object.fromEntries(keys) })])
      },
    },
    {
      id: 'fidelity.ids-and-times',
      title: 'entry id and timestamp come back unchanged',
      run: place =>
        expectRoundTrip(place, [
          entryOf({ entryId: 'ffffffff-ffff-7fff-bfff-ffffffffffff', timestamp: '9999-12-31T23:59:59.999Z' }),
          entryOf({ entryId: '00000000-0000-7000-8000-00000000abcd', timestamp: '0000-01-01T00:00:00.000Z' }),
          entryOf({ timestamp: '2028-02-29T00:00:00.000Z' }),
          entryOf({ timestamp: '2026-12-31T23:59:59.999Z' }),
        ]),
    },
    {
      id: 'fidelity.decoded-lines',
      title:
        "the line of an entry that was read is the line that was appended, and core's decodeLine reads it",
      async run(place) {
        const backend = await place.open()
        const entries = TEXTS.flatMap(({ texts }) =>
          texts.map(text => entryOf({ inputText: text.slice(0, 100).toWellFormed() })),
        )
        const leaves = leavesOf(entries)
        await backend.append(leaves)
        for (const entry of await backend.read(0, leaves.length)) {
          const line = encodeLine(entry)
          assert.equal(line, leaves[entry.index]?.line, `index ${entry.index}`)
          assert.equal(decodeLine(line).inputText, entry.inputText)
        }
      },
    },
  ],
}

function amountCase(field: 'costUsd' | 'latencyMs'): Case {
  return {
    id: `fidelity.${field === 'costUsd' ? 'cost' : 'latency'}`,
    title: `${field} keeps every number to the last bit`,
    run: place =>
      expectRoundTrip(
        place,
        NUMBERS.map(number => entryOf({ [field]: number })),
      ),
  }
}

/** Appends the entries and asserts that they come back, are found by user and model, and are still there after reopening. */
async function expectRoundTrip(place: Place, entries: readonly EntryFields[]): Promise<void> {
  const log = placed(entries)
  let backend = await place.open()
  await backend.append(leavesOf(entries))
  await expectLog(backend, log)
  if (place.supports.persistence) {
    backend = await place.reopen(backend)
    await expectLog(backend, log)
  }
  for (const { user, model } of log) {
    await expectFound(backend, log, { user, order: 'asc' })
    await expectFound(backend, log, { model, order: 'desc' })
  }
}

function nestedObjects(levels: number): JsonObject {
  let value: JsonObject = {}
  for (let level = 1; level < levels; level++) value = { a: value }
  return value
}

function nestedArrays(levels: number): JsonObject {
  let value: JsonValue = []
  for (let level = 2; level < levels; level++) value = [value]
  return { a: value }
}
