import { canonicalJson, type JsonObject } from '@audit/core/backend'
import { PostgresBackend } from '@audit/postgres'
import { beforeAll, expect, test } from 'vitest'
import { expectOnce, input, newLog, newName, openLog, pool } from './place.ts'

// Whoever may insert, and does it without this package, must not be able to make others' queries fail.

/** Inserts a row after the last one, as anybody could who may. */
async function insert(name: string, column: string, value: string): Promise<void> {
  const values: Record<string, string> = {
    log: '$1',
    index: '(SELECT count(*) FROM audit.entries WHERE log = $1)',
    entry_id: `'0190aaaa-0000-7000-8000-000000000000'`,
    timestamp: 'now()',
    user: `'alice'`,
    model: `'m'`,
    cost_usd: '0.5',
    latency_ms: 'NULL',
    leaf_hash: `sha256('')`,
    metadata: `'{}'`,
    input_text: `'in'`,
    output_text: `'out'`,
    [column]: value,
  }
  const columns = Object.keys(values).map(key => `"${key}"`)
  await pool.query(`INSERT INTO audit.entries (${columns}) VALUES (${Object.values(values)})`, [name])
}

/** What is refused: for the reason of the guard, or since it is no JSON, no number or no value at all. */
const REFUSED = { code: expect.stringMatching(/^(AU008|22P02|22003|22P05|22008|22021|23502)$/) }

test.each<[column: string, value: string]>([
  ['timestamp', `'infinity'`],
  ['timestamp', `'-infinity'`],
  ['timestamp', `'10000-01-01 00:00:00Z'`],
  ['timestamp', `'9999-12-31 23:59:59.9999Z'`],
  ['timestamp', `'0002-12-31 23:59:59.999Z BC'`],
  ['timestamp', 'NULL'],
  ['entry_id', `'0190AAAA-0000-7000-8000-000000000000'`],
  ['entry_id', `'0190aaaa00007000800000000000000A'`],
  ['entry_id', `'0190aaaa000070008000000000000000'`],
  ['entry_id', `'0190aaaa-0000-70008000-000000000000'`],
  ['entry_id', `E'a\\x10'`],
  ['cost_usd', `'NaN'`],
  ['cost_usd', `'Infinity'`],
  ['cost_usd', `'-Infinity'`],
  ['cost_usd', '-1'],
  ['cost_usd', `'-0'`],
  ['latency_ms', `'NaN'`],
  ['latency_ms', `'-0'`],
  ['latency_ms', `-5e-324`],
  ['user', `E'\\x10'`],
  ['model', `E'\\x10\\x100'`],
  ['input_text', `E'a\\x102'`],
  ['output_text', `E'\\x100\\x10'`],
  ['metadata', `''`],
  ['metadata', `'null'`],
  ['metadata', `'[]'`],
  ['metadata', `'"a"'`],
  ['metadata', `'{'`],
  ['metadata', `' {}'`],
  ['metadata', `'{ }'`],
  ['metadata', `E'{}\\n'`],
  ['metadata', `'{"a": 1}'`],
  ['metadata', `'{"a":1 }'`],
  ['metadata', `'{"b":1,"a":2}'`],
  ['metadata', `'{"a":1,"a":2}'`],
  ['metadata', `'{"a":{"b":1,"b":2}}'`],
  ['metadata', `'{"a":[{"d":1,"c":2}]}'`],
  ['metadata', `'{"a":[1, 2]}'`],
  ['metadata', `'{"a":1.0}'`],
  ['metadata', `'{"a":1e2}'`],
  ['metadata', `'{"a":-0}'`],
  ['metadata', `'{"a":0.10}'`],
  ['metadata', `'{"a":0.1000000000000000055}'`],
  ['metadata', `'{"a":1E21}'`],
  ['metadata', `'{"a":10e+21}'`],
  ['metadata', `'{"a":0.0000001}'`],
  ['metadata', `'{"a":1e400}'`],
  ['metadata', `'{"a":123456789012345678}'`],
  ['metadata', `'{"\\u0061":1}'`],
  ['metadata', `'{"a":"\\u00e9"}'`],
  ['metadata', `'{"a":"\\/"}'`],
  ['metadata', `'{"a":"\\u000A"}'`],
  ['metadata', `'{"a":"\\u001F"}'`],
  ['metadata', `'{"\\u001F":1}'`],
  ['metadata', `'{"a":"\\ud83d\\ude00"}'`],
  ['metadata', `'{"a":"\\ud83d"}'`],
  ['metadata', `'{"b\\u0000":1,"a\\u0000":2}'`],
  ['metadata', `'{"a\\u0001":1,"a\\u0000":2}'`],
  ['metadata', `'{"\uffff":1,"\u{1f600}":2}'`],
  ['metadata', `repeat('{"a":', 257) || '1' || repeat('}', 257)`],
  ['metadata', `'{"a":' || repeat('[', 100000) || repeat(']', 100000) || '}'`],
])('a row whose %s is %s is refused, and the log continues', async (column, value) => {
  const { log, name } = await newLog()
  await log.record(input('before'))
  await expect(insert(name, column, value)).rejects.toMatchObject(
    value.includes('100000') ? { code: expect.stringMatching(/^(AU008|54001)$/) } : REFUSED,
  )
  await log.record(input('after'))
  await expectOnce(pool, name, ['before', 'after'])
})

let name = ''
beforeAll(async () => {
  name = newName()
  await new PostgresBackend({ pool, log: name }).migrate()
})

test.each<[column: string, value: string]>([
  ['entry_id', `'0190aaaa-0000-7000-8000-000000000001'`],
  ['entry_id', `'an id of somebody else'`],
  ['entry_id', `'NOT-A-UUID'`],
  ['entry_id', `E'a\\x100\\x101'`],
  ['timestamp', `'9999-12-31 23:59:59.999Z'`],
  ['timestamp', `'0001-01-01 00:00:00Z BC'`],
  ['cost_usd', 'NULL'],
  ['cost_usd', '0'],
  ['cost_usd', '1.7976931348623157e308'],
  ['latency_ms', '5e-324'],
  ['user', `''`],
])('a row whose %s is %s is taken, and read', async (column, value) => {
  const { log, name: own } = await newLog()
  await insert(own, column, value)
  expect(await log.query()).toHaveLength(1)
})

/** As a text, since some have more digits than a double holds. */
const NUMBERS: readonly number[] = JSON.parse(`[
  0, 1, -1, 10, 120, 1e15, 1e16, 123456789012345, 1234567890123456, 9007199254740992, 9007199254740994, 9223372036854775808,
  18446744073709551616, 1e20, 123456789012345680000, 1e21, 1e22, 1e23, 9.5e22, 1.5e300, 1.7976931348623157e308, 0.1,
  0.30000000000000004, 0.3333333333333333, 1e-5, 1e-6, 1.5e-6, 9.999e-7, 1e-7, 1.5e-7, 5e-324, 2.2250738585072014e-308, 1.5e-323,
  4503599627370496.5, 9007199254740991.5, 8.41e21, 5.764607523034235e39, 1.152921504606847e40
]`)

/** Random doubles of all magnitudes. */
function doubles(count: number, seed: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
  return Array.from({ length: count }, () => {
    view.setUint32(0, next())
    view.setUint32(4, next())
    return view.getFloat64(0)
  }).filter(Number.isFinite)
}

test.each<[what: string, values: readonly JsonObject[]]>([
  ['numbers', [...NUMBERS, ...doubles(3000, 1)].flatMap(n => [{ n }, { n: 0 - n }])],
  [
    'numbers with few digits',
    doubles(2000, 2)
      .map(n => ({ n: Number(n.toPrecision(3)) }))
      .filter(({ n }) => Number.isFinite(n)),
  ],
  ['powers of two', Array.from({ length: 2000 }, (_, i) => ({ n: 2 ** (i - 1000) }))],
  [
    'every character of the lower half, as a key and as a value',
    Array.from({ length: 0xd800 / 64 }, (_, block) =>
      Object.fromEntries(
        Array.from({ length: 64 }, (_, i) => {
          const character = String.fromCharCode(block * 64 + i)
          return [character, character]
        }),
      ),
    ),
  ],
  [
    'keys around NUL and its neighbours',
    [
      {
        '\0': 1,
        '\0\0': 2,
        '\0\u0001': 3,
        '\0\u0002': 4,
        '\u0001': 5,
        '\u0001\0': 6,
        '\u0001\u0001': 7,
        '\u0002': 8,
        a: 9,
      },
      { '\\u0000': 1, '\\u00001': 2, '\\u0001': 3, '\\u0000\0': 4, '\\\\u0000': 5, '\\u001F': '\\u001F' },
    ],
  ],
  [
    'keys around the surrogates',
    [
      {
        '\ud7ff': 1,
        '\ue000': 2,
        '\uffff': 3,
        '\u{10000}': 4,
        '\u{1f600}': 5,
        '\u{10ffff}': 6,
        '\u{10ffff}\ue000': 7,
        '\u{10ffff}a': 8,
        '\u{10ffff}\u{10ffff}': 9,
        '\uffff\u{10000}': 10,
        '\uffff\uffff': 11,
      },
    ],
  ],
  [
    'values of all kinds',
    [
      {},
      { a: {} },
      { a: [] },
      { a: [[], {}, [{}], null, true, false, 0, '', [1, 'a', -1.5]] },
      { '': '' },
      { __proto__: null },
      JSON.parse('{"__proto__":{"constructor":1}}'),
      { 'a b': 'c d', '{"': '":' },
      { a: '"', b: '\\', c: '\b\f\n\r\t', d: '\u007f\u0080\u2028', e: '/' },
    ],
  ],
])('%s: the database finds canonical what this package writes', async (_, values) => {
  const spelt = values.map(value => canonicalJson(value))
  const { rows } = await pool.query(
    `SELECT n, json FROM unnest($1::text[]) WITH ORDINALITY AS given(json, n)
     WHERE NOT audit.is_canonical_json(json) LIMIT 5`,
    [spelt],
  )
  expect(rows).toEqual([])
  const log = openLog(pool, name)
  const step = Math.ceil(values.length / 20)
  for (let i = 0; i < values.length; i += step) {
    const metadata = values[i] ?? {}
    expect(await log.record({ ...input(), metadata })).toMatchObject({ metadata })
  }
})
