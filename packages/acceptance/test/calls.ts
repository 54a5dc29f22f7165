import { type AuditEntry, type AuditErrorCode, AuditLog, type EntryInput, type Query } from '@audit/core'

/** A call of the public interface, and the error that it must give, if any. */
export interface Call {
  readonly title: string
  readonly run: (log: AuditLog, entries: readonly AuditEntry[]) => unknown
  readonly code?: AuditErrorCode
}

/** What stands in each log before the calls, and when it was recorded: on both sides of a second, a minute, a day. */
export const ENTRIES: readonly (readonly [time: string, input: EntryInput])[] = [
  ['2100-06-15T23:59:58.999Z', { model: 'm', inputText: '', outputText: '' }],
  [
    '2100-06-15T23:59:59.000Z',
    {
      model: 'm',
      inputText: 'nul \0, lone \uD800, 😀',
      outputText: 'e\u0301\r\n',
      user: '',
      costUsd: 0,
      latencyMs: -0,
    },
  ],
  [
    '2100-06-15T23:59:59.999Z',
    { model: 'M', inputText: 'a', outputText: 'b', user: 'alice', costUsd: 1e-7, latencyMs: 2 ** 53 },
  ],
  [
    '2100-06-16T00:00:00.000Z',
    {
      model: 'm',
      inputText: 'a',
      outputText: 'b',
      user: 'alice',
      metadata: { a: 1, b: [1, { c: null }], é: '\uDC00' },
    },
  ],
  [
    '2100-06-16T00:00:00.000Z',
    {
      model: 'm',
      inputText: 'a',
      outputText: 'b',
      user: 'Alice',
      metadata: JSON.parse('{"__proto__":{"a":1},"a":"1"}'),
    },
  ],
  [
    '2100-06-16T00:01:00.500Z',
    { model: 'mö', inputText: 'a', outputText: 'b', user: 'alice ', metadata: { a: 1e21, z: -0, '': '' } },
  ],
]

const FULL: EntryInput = { model: 'm', inputText: 'in', outputText: 'out' }

/** Records what the types may forbid, as a JavaScript caller can. */
const record = (fields: object) => (log: AuditLog) => log.record({ ...FULL, ...fields })
const recordAsIs = (input: unknown) => (log: AuditLog) => log.record(input as EntryInput) // as a JavaScript caller can
const query = (given: unknown) => (log: AuditLog) => log.query(given as Query)
const count = (given: unknown) => (log: AuditLog) => log.count(given as Query)
const stream = (given: unknown) => (log: AuditLog) => Array.fromAsync(log.stream(given as Query))
const entries = (given: unknown) => (log: AuditLog) => Array.fromAsync(log.entries(given as object))

function nested(levels: number): object {
  let value = {}
  for (let level = 1; level < levels; level++) value = { value }
  return value
}

function cyclic(): object {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}

class Account {
  readonly id = 1
}

const BAD_ENTRIES: readonly (readonly [title: string, input: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'm'],
  ['an array', [FULL]],
  ['no model', { inputText: '', outputText: '' }],
  ['no input text', { model: 'm', outputText: '' }],
  ['no output text', { model: 'm', inputText: '' }],
  ...Object.entries({
    model: ['', null, 1, {}],
    inputText: [null, 1, ['a']],
    outputText: [null, {}, Symbol('a')],
    user: [null, 1, {}],
    costUsd: [-1, -1e-9, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n],
    latencyMs: [-1, Number.NaN, Number.NEGATIVE_INFINITY, '1', true],
    metadata: [null, [], 'a', 1, new Date(0), new Map(), new Account()],
    usr: ['alice'],
    timestamp: ['2026-01-01T00:00:00.000Z'],
    entryId: ['x'],
    index: [0],
  }).flatMap(([key, values]) =>
    values.map((value, i) => [`${key}, wrong value ${i}`, { ...FULL, [key]: value }] as const),
  ),
  ...Object.entries({
    'undefined in an array': [undefined],
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
    'a BigInt': 1n,
    'a function': () => 1,
    'a symbol': Symbol('a'),
    'a Date': new Date(0),
    'a Map': new Map(),
    'a class instance': new Account(),
    'a buffer': new Uint8Array(1),
    'a sparse array': new Array(2),
    'a cycle': cyclic(),
    'too many levels': nested(256),
  }).flatMap(([name, value]) => [
    [`metadata with ${name}`, { ...FULL, metadata: { value } }] as const,
    [`metadata with ${name} inside`, { ...FULL, metadata: { usage: [{ value }] } }] as const,
  ]),
  ['metadata with a symbol for a key', { ...FULL, metadata: { [Symbol('a')]: 1 } }],
  ['metadata with keys that become equal', { ...FULL, metadata: { '\uD800': 1, '\uFFFD': 2 } }],
]

const BAD_FILTERS: readonly (readonly [title: string, filter: unknown])[] = [
  ['null', null],
  ['a text', 'alice'],
  ['an array', []],
  ['an unknown key', { usr: 'alice' }],
  ['an entry id', { entryId: 'x' }],
  ['a negative size', { size: -1 }],
  ...Object.entries({
    user: [undefined, null, 1],
    model: [undefined, null, /m/],
    since: [
      undefined,
      null,
      0,
      '',
      'banana',
      '2026-02-30',
      '2026-13-01',
      '2026-01-01T25:00Z',
      new Date(Number.NaN),
    ],
    until: [
      undefined,
      'banana',
      '202',
      '2026-1-1',
      '10000-01-01',
      '9999-12-31T23:59-01:00',
      '0000-01-01T00:00+01:00',
    ],
    metadata: [undefined, null, 'a', [], { a: undefined }, { a: Number.NaN }, { a: 1n }, { a: new Date(0) }],
  }).flatMap(([key, values]) =>
    values.map((value, i) => [`${key}, wrong value ${i}`, { [key]: value }] as const),
  ),
]

const BAD_PAGES: readonly (readonly [title: string, query: unknown])[] = Object.entries({
  order: [null, 'ASC', 'newest', 1],
  limit: [null, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n],
  after: [null, {}, 'x', 3, { timestamp: '2026-01-01' }, { index: 0 }, { timestamp: 'x', index: 0 }],
}).flatMap(([key, values]) =>
  values.map((value, i) => [`${key}, wrong value ${i}`, { [key]: value }] as const),
)

const BAD_RANGES: readonly unknown[] = [
  null,
  [],
  'a',
  { start: -1 },
  { end: 0.5 },
  { start: '0' },
  { end: undefined },
  { limit: 1 },
]

const GOOD_ENTRIES: readonly (readonly [title: string, fields: object])[] = [
  ['the smallest entry', {}],
  [
    'undefined where there is a default',
    { user: undefined, costUsd: undefined, latencyMs: undefined, metadata: undefined },
  ],
  ['null where it means unknown', { costUsd: null, latencyMs: null }],
  ['empty texts and an empty user', { inputText: '', outputText: '', user: '' }],
  ['zero, which means free', { costUsd: 0, latencyMs: 0 }],
  ['the smallest and the largest number', { costUsd: Number.MIN_VALUE, latencyMs: Number.MAX_VALUE }],
  ['an integer beyond 2^53 and a fraction', { costUsd: 2 ** 63, latencyMs: 0.1 + 0.2 }],
  [
    'all kinds of characters',
    { user: '\0', inputText: '😀\uD83D', outputText: '\uFEFFمرحبا\u2028\u0085\u007F' },
  ],
  ['quotes and backslashes', { model: `'"\\`, user: "'; DROP TABLE audit_log; --" }],
  [
    'metadata of all kinds',
    { metadata: { n: null, t: true, f: false, s: '', a: [[], {}], o: { '': { é: -0 } } } },
  ],
  ['metadata with a null prototype', { metadata: Object.assign(Object.create(null), { a: 1 }) }],
  ['metadata with __proto__', { metadata: JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') }],
  ['metadata with undefined', { metadata: { a: undefined, b: { c: undefined, d: 1 } } }],
  ['metadata with keys to sort', { metadata: { b: 1, a: 2, 10: 3, 9: 4, '😀': 5, '\uFB33': 6 } }],
  ['metadata of 256 levels', { metadata: nested(256) }],
]

const GOOD_FILTERS: readonly Query[] = [
  {},
  { user: 'alice' },
  { user: 'Alice' },
  { user: 'ALICE' },
  { user: 'alice ' },
  { user: 'al%' },
  { user: '' },
  { user: 'anonymous', model: 'm' },
  { model: 'M' },
  { model: 'mo\u0308' },
  { model: '' },
  { user: '\uD800' },
  { metadata: {} },
  { metadata: { a: 1 } },
  { metadata: { a: '1' } },
  { metadata: { a: 1e21 } },
  { metadata: { a: 1, b: [1, { c: null }] } },
  { metadata: { b: [{ c: null }, 1] } },
  { metadata: { b: [1] } },
  { metadata: { é: '\uD800' } },
  { metadata: { z: 0, '': '' } },
  { metadata: { 'a.b': 1 } },
  { metadata: { missing: null } },
  { metadata: JSON.parse('{"__proto__":{"a":1}}') },
  { metadata: { toString: 1 } },
  { user: 'alice', metadata: { a: 1 } },
  { since: '0000-01-01', until: '9999-12-31' },
  { since: '9999-12-31' },
  { until: '0000-01-01' },
  { since: new Date(0) },
  { until: new Date(0) },
  { since: '2020-01-01T00:00:00.123456789+05:30' },
  { until: '2020-01-01t00:00z' },
]

const GOOD_PAGES: readonly Query[] = [
  { order: undefined, limit: undefined, after: undefined },
  { limit: 0 },
  { limit: 1 },
  { limit: 2, order: 'desc' },
  { limit: Number.MAX_SAFE_INTEGER },
  { limit: 2 ** 32, order: 'desc' },
  { order: 'asc' },
  { user: 'alice', order: 'desc', limit: 1 },
  { after: { timestamp: '0000-01-01T00:00:00.000Z', index: 0 } },
  { after: { timestamp: '9999-12-31', index: 0 } },
  { after: { timestamp: '9999-12-31T00:00+00:00', index: 0 }, order: 'desc' },
]

/** Ways to write the time of an entry. */
const SPELLINGS: Readonly<Record<string, (timestamp: string) => string | Date>> = {
  'its timestamp': timestamp => timestamp,
  'a Date': timestamp => new Date(timestamp),
  'another offset': timestamp =>
    `${new Date(Date.parse(timestamp) + 3_600_000).toISOString().slice(0, -1)}+01:00`,
  'finer digits': timestamp => timestamp.replace('Z', '999Z'),
  'its day': timestamp => timestamp.slice(0, 10),
  'its minute': timestamp => timestamp.slice(0, 16),
  'its second': timestamp => `${timestamp.slice(0, 19)}Z`,
}

/** Good and bad calls of every method. */
export const CALLS: readonly Call[] = [
  ...GOOD_ENTRIES.map(([title, fields]) => ({ title: `record ${title}`, run: record(fields) })),
  ...BAD_ENTRIES.map(([title, input]) => ({
    title: `record ${title}`,
    run: recordAsIs(input),
    code: 'AUDIT_INVALID_ENTRY' as const,
  })),

  ...GOOD_FILTERS.flatMap((filter, i) => [
    { title: `query filter ${i}`, run: query(filter) },
    { title: `stream filter ${i}`, run: stream(filter) },
    { title: `count filter ${i}`, run: count(filter) },
  ]),
  ...GOOD_PAGES.flatMap((page, i) => [
    { title: `query page ${i}`, run: query(page) },
    { title: `stream page ${i}`, run: stream(page) },
    { title: `count page ${i}`, run: count(page), code: 'AUDIT_INVALID_QUERY' as const },
  ]),
  ...BAD_FILTERS.flatMap(([title, filter]) =>
    Object.entries({ query, stream, count }).map(([method, call]) => ({
      title: `${method} ${title}`,
      run: call(filter),
      code: 'AUDIT_INVALID_QUERY' as const,
    })),
  ),
  ...BAD_PAGES.flatMap(([title, page]) =>
    Object.entries({ query, stream, count }).map(([method, call]) => ({
      title: `${method} ${title}`,
      run: call(page),
      code: 'AUDIT_INVALID_QUERY' as const,
    })),
  ),
  ...Object.entries(SPELLINGS).flatMap(([title, spell]) =>
    ENTRIES.flatMap(([time], i) =>
      (['since', 'until'] as const).map(bound => ({
        title: `query ${bound} ${title}, entry ${i}`,
        run: query({ [bound]: spell(time) }),
      })),
    ),
  ),
  ...ENTRIES.flatMap((_, i) =>
    (['asc', 'desc'] as const).map(order => ({
      title: `query after entry ${i}, ${order}`,
      run: (log: AuditLog, entries: readonly AuditEntry[]) => query({ order, after: entries[i] })(log),
    })),
  ),

  ...BAD_RANGES.map((range, i) => ({
    title: `entries wrong range ${i}`,
    run: entries(range),
    code: 'AUDIT_INVALID_QUERY' as const,
  })),
  ...[
    {},
    { start: 2 },
    { end: 2 },
    { start: 2, end: 4 },
    { start: 4, end: 2 },
    { start: 99 },
    { end: 99 },
    { end: 0 },
  ].map((range, i) => ({ title: `entries range ${i}`, run: entries(range) })),

  ...[undefined, null, 1, {}, ['x']].map((id, i) => ({
    title: `get wrong id ${i}`,
    run: (log: AuditLog) => log.get(id as unknown as string), // as a JavaScript caller can
    code: 'AUDIT_INVALID_QUERY' as const,
  })),
  ...['', 'x', '\uD800', '00000000-0000-7000-8000-000000000000'].map((id, i) => ({
    title: `get unknown id ${i}`,
    run: (log: AuditLog) => log.get(id),
  })),
  ...[
    (id: string) => id,
    (id: string) => id.toUpperCase(),
    (id: string) => id.replaceAll('-', ''),
    (id: string) => ` ${id}`,
  ].map((spell, i) => ({
    title: `get an id, spelling ${i}`,
    run: (log: AuditLog, [first]: readonly AuditEntry[]) => log.get(spell(first?.entryId ?? '')),
  })),

  {
    title: 'an option that is not there',
    run: () => new AuditLog({ backed: undefined } as object),
    code: 'AUDIT_INVALID_OPTIONS',
  },
  {
    title: 'changing an entry',
    run: async log => {
      const [entry] = await log.query({ user: 'alice', metadata: { a: 1 } })
      return Object.entries({ ...entry })
        .sort()
        .map(([key, value]) => [
          key,
          Reflect.set(entry ?? {}, key, 'x'),
          typeof value === 'object' && value !== null && Reflect.set(value, 'a', 'x'),
        ])
    },
  },
]

/** A call with a long text, on a log of its own: the others would read it again and again. */
export const LONG_CALLS: readonly Call[] = [
  { title: 'record a text of 20 MB', run: record({ outputText: 'ä\0'.repeat(7_000_000) }) },
]

/** Calls on a log that is closed before or by them. */
export const CLOSING_CALLS: readonly Call[] = [
  { title: 'close twice', run: async log => [await log.close(), await log.close()] },
  ...Object.entries({
    record: record({}),
    query: query({}),
    stream: stream({}),
    count: count({}),
    entries: entries({}),
    get: (log: AuditLog) => log.get('x'),
  }).map(([title, run]) => ({
    title: `${title} after close`,
    run: async (log: AuditLog) => {
      await log.close()
      return run(log)
    },
    code: 'AUDIT_CLOSED' as const,
  })),
  {
    title: 'a stream that goes on after close',
    run: async log => {
      const reading = log.stream({ limit: 3 })
      const first = await reading.next()
      await log.close()
      return [first.value?.index, await Array.fromAsync(reading)]
    },
  },
  {
    title: 'what was recorded before close is stored',
    run: async log => {
      const recording = [log.record(FULL), log.record(FULL)]
      await log.close()
      return Promise.all(recording)
    },
  },
]
