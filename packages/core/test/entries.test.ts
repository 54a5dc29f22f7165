import { inspect } from 'node:util'
import { AuditLog, type EntryInput, type JsonObject } from '@audit/core'
import { canonicalEntryId, createEntry, createLeaf, decodeLine, placeEntry } from '@audit/core/backend'
import { expect, test } from 'vitest'

const base: EntryInput = { model: 'gpt-4o', inputText: 'What?', outputText: 'That.' }

/** Records what the types forbid, as a JavaScript caller can. */
function recordUntyped(input: unknown) {
  return new AuditLog().record(input as EntryInput) // the point of the test is what the types would refuse
}

test('an entry has the defaults of what was left out', async () => {
  const entry = await new AuditLog().record(base)
  expect(entry).toEqual({
    entryId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    ...base,
    user: 'anonymous',
    costUsd: null,
    latencyMs: null,
    metadata: {},
    index: 0,
  })
})

test('undefined counts as left out', async () => {
  const entry = await new AuditLog().record({
    ...base,
    user: undefined,
    costUsd: undefined,
    metadata: undefined,
  })
  expect(entry).toMatchObject({ user: 'anonymous', costUsd: null, metadata: {} })
})

test('0 is kept apart from unknown, and the empty user from no user', async () => {
  const entry = await new AuditLog().record({ ...base, user: '', costUsd: 0, latencyMs: -0 })
  expect(entry).toMatchObject({ user: '', costUsd: 0 })
  expect(Object.is(entry.latencyMs, 0)).toBe(true)
})

test('the timestamp is the time inside the UUID v7', async () => {
  const { entryId, timestamp } = await new AuditLog().record(base)
  expect(Number.parseInt(entryId.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse(timestamp))
})

test('ids are unique and rise, and neither they nor timestamps go back with a clock that steps back by less than 10 seconds', async () => {
  const log = new AuditLog()
  const now = Date.now
  const entries = await Promise.all(Array.from({ length: 3000 }, () => log.record(base)))
  try {
    Date.now = () => now() - 9_000
    entries.push(await log.record(base))
  } finally {
    Date.now = now
  }
  const ids = entries.map(entry => entry.entryId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(ids.toSorted())
  const times = entries.map(entry => entry.timestamp)
  expect(times).toEqual(times.toSorted())
})

test('ids differ in their random bits, not in their count alone, and leave room to count', () => {
  const realNow = Date.now
  try {
    const ids = Array.from({ length: 600 }, (_, i) => {
      Date.now = () => 4_000_000_000_000 + i
      return createEntry(base).entryId
    })
    // The last 42 bits are random; the 32 before them count on from a random number with a 0 in front.
    expect(new Set(ids.map(id => id.slice(26))).size).toBe(600)
    expect(new Set(ids.map(id => id.slice(15, 18) + id.slice(20, 23))).size).toBeGreaterThan(590)
    expect(ids.every(id => /^.{14}7[0-7]/.test(id))).toBe(true)
  } finally {
    Date.now = realNow
  }
})

test('ids of one millisecond rise', () => {
  const realNow = Date.now
  try {
    Date.now = () => 4_000_000_100_000
    const ids = Array.from({ length: 1000 }, () => createEntry(base).entryId)
    expect(ids).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(1000)
  } finally {
    Date.now = realNow
  }
})

test('a UUID has one spelling, and any other id stays as it is', () => {
  const id = '0195a0b0-c0d0-7000-8000-0123456789ab'
  for (const text of [id, id.toUpperCase(), id.replaceAll('-', ''), id.replaceAll('-', '').toUpperCase()]) {
    expect(canonicalEntryId(text)).toBe(id)
  }
  for (const text of [
    'Some-Id',
    '',
    `${id}A`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replace('b0', 'G0'),
    `${id}\n`,
  ]) {
    expect(canonicalEntryId(text)).toBe(text)
  }
})

test.each(['record', 'query', 'createEntry', 'placeEntry', 'createLeaf', 'decodeLine'])(
  'an entry is deeply frozen: from %s',
  async from => {
    const log = new AuditLog()
    const recorded = await log.record({ ...base, metadata: { a: { b: [1, { c: 2 }, []] } } })
    const made = createEntry({ ...base, metadata: { a: { b: [1, { c: 2 }, []] } } })
    const sources: Readonly<Record<string, unknown>> = {
      record: recorded,
      query: (await log.query())[0],
      createEntry: made,
      placeEntry: placeEntry(made, 0),
      createLeaf: createLeaf(made).entry,
      decodeLine: decodeLine(createLeaf(made).line),
    }
    const entry = sources[from]
    expect(entry).toMatchObject({ metadata: { a: { b: [1, { c: 2 }, []] } } })
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(entry)).toBe(true)
  },
)

test('changing later what was passed in changes nothing', async () => {
  const log = new AuditLog()
  const metadata = { tags: ['a'] }
  const input = { ...base, metadata }
  const recording = log.record(input)
  input.model = 'other'
  metadata.tags.push('b')
  expect(await recording).toMatchObject({ model: 'gpt-4o', metadata: { tags: ['a'] } })
  expect(await log.query()).toMatchObject([{ model: 'gpt-4o', metadata: { tags: ['a'] } }])
})

test('a lone surrogate becomes U+FFFD, everywhere', async () => {
  const entry = await new AuditLog().record({
    model: 'm\ud83d',
    inputText: '\udc00a',
    outputText: '😀',
    user: 'u\ud83d',
    metadata: { 'k\ud83d': ['v\udc00'] },
  })
  expect(entry).toMatchObject({ model: 'm\ufffd', inputText: '\ufffda', outputText: '😀', user: 'u\ufffd' })
  expect(entry.metadata).toEqual({ 'k\ufffd': ['v\ufffd'] })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a string', 'x'],
  ['an array', [base]],
  ['a class instance', Object.assign(new (class Entry {})(), base)],
  ['a missing model', { inputText: '', outputText: '' }],
  ['an empty model', { ...base, model: '' }],
  ['a model that is a number', { ...base, model: 4 }],
  ['a missing inputText', { model: 'm', outputText: '' }],
  ['an inputText that is null', { ...base, inputText: null }],
  ['an outputText that is an object', { ...base, outputText: {} }],
  ['a user that is a number', { ...base, user: 7 }],
  ['a user that is null', { ...base, user: null }],
  ['a negative cost', { ...base, costUsd: -0.01 }],
  ['a cost of NaN', { ...base, costUsd: Number.NaN }],
  ['a cost in text', { ...base, costUsd: '0.1' }],
  ['an infinite latency', { ...base, latencyMs: Number.POSITIVE_INFINITY }],
  ['a negative latency', { ...base, latencyMs: -1 }],
  ['a latency that is a bigint', { ...base, latencyMs: 1n }],
  ['a misspelt key', { ...base, metdata: {} }],
  ['an id of the caller', { ...base, entryId: 'x' }],
  ['a timestamp of the caller', { ...base, timestamp: new Date().toISOString() }],
])('refuses %s', async (_, input) => {
  await expect(recordUntyped(input)).rejects.toMatchObject({
    name: 'AuditError',
    code: 'AUDIT_INVALID_ENTRY',
  })
})

test('an uncaught error is printed under its name, also from a bundle', async () => {
  const error: unknown = await recordUntyped({}).catch((reason: unknown) => reason)
  expect(inspect(error)).toMatch(/^AuditError: /)
})

const cyclic: Record<string, unknown> = {}
cyclic.self = [cyclic]

test.each<[string, unknown, string]>([
  ['null', null, 'metadata'],
  ['an array', [], 'metadata'],
  ['NaN behind other keys', { a: { b: [1, { c: 2 }] }, d: [[], Number.NaN] }, 'metadata.d[1]: '],
  ['NaN behind a list', { a: [1, [2], { b: Number.NaN }] }, 'metadata.a[2].b: '],
  ['NaN', { usage: { tokens: Number.NaN } }, 'metadata.usage.tokens'],
  ['Infinity', { a: [0, Number.NEGATIVE_INFINITY] }, 'metadata.a[1]'],
  ['a bigint', { 'a b': 1n }, 'metadata["a b"]'],
  ['a function', { f() {} }, 'metadata.f'],
  ['a toJSON', { toJSON: () => 1 }, 'metadata.toJSON'],
  ['undefined in an array', { a: [undefined] }, 'metadata.a[0]'],
  ['a hole', { a: new Array(1) }, 'metadata.a[0]'],
  ['a symbol', { a: Symbol('s') }, 'metadata.a'],
  ['a symbol as key', { [Symbol('s')]: 1 }, 'metadata'],
  ['a Date', { at: new Date(0) }, 'metadata.at'],
  ['a Map', { m: new Map() }, 'metadata.m'],
  ['a cycle', cyclic, 'metadata.self[0]'],
  ['two keys that become equal', { a: { '\ud800': 1, '\udbff': 2 } }, 'metadata.a'],
  ['a key that becomes equal to a later one', { a: { '\ud800': 1, '\ufffd': 2 } }, 'metadata.a'],
])('refuses %s in metadata and names the path', async (_, metadata, path) => {
  const refused = recordUntyped({ ...base, metadata })
  await expect(refused).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  await expect(refused).rejects.toThrow(path)
})

test('a key of metadata whose value is undefined is left out, as JSON does', async () => {
  const log = new AuditLog()
  const entry = await log.record({ ...base, metadata: { requestId: undefined, a: { b: undefined, c: 1 } } })
  expect(entry.metadata).toEqual({ a: { c: 1 } })
  expect(Object.keys(entry.metadata)).toEqual(['a'])
  expect(await log.count({ metadata: { a: { c: 1 } } })).toBe(1)
})

test('an interface is taken as metadata, in records and in queries', async () => {
  interface Usage {
    readonly tokens: number
    readonly cached?: number
  }
  const usage: Usage = { tokens: 7 }
  const log = new AuditLog()
  await log.record({ ...base, metadata: usage })
  expect(await log.count({ metadata: usage })).toBe(1)
})

/** Each object holds the one before twice, so that a few stand for more values than any memory has. */
function graph(objects: number, leaf: unknown): unknown {
  let value = leaf
  for (let i = 0; i < objects; i++) value = { a: value, b: value }
  return value
}

test.each([
  ['a graph of 27 objects', graph(27, 1)],
  ['a graph of 200 objects', graph(200, 1)],
  ['a long text that stands in a graph often', graph(8, 'x'.repeat(1024 * 1024))],
  ['a million values', { a: new Array(1_000_001).fill(0) }],
  ['a long key that stands in a graph often', graph(8, { ['k'.repeat(1024 * 1024)]: 1 })],
])('%s is refused, and does not eat the memory', async (_, metadata) => {
  await expect(recordUntyped({ ...base, metadata })).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  await expect(new AuditLog().count({ metadata: Object(metadata) })).rejects.toMatchObject({
    code: 'AUDIT_INVALID_QUERY',
  })
})

test('a getter or a proxy that throws is an entry that cannot be read', async () => {
  const throwing = {
    get user() {
      throw new RangeError('a secret')
    },
  }
  const { proxy, revoke } = Proxy.revocable({ a: 1 }, {})
  revoke()
  for (const input of [
    { ...base, metadata: proxy },
    Object.defineProperties({ ...base }, Object.getOwnPropertyDescriptors(throwing)),
    proxy,
  ]) {
    await expect(recordUntyped(input)).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  }
  const query = Object.defineProperties({}, Object.getOwnPropertyDescriptors(throwing))
  await expect(new AuditLog().query(query)).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
})

test('metadata may hold a million values', async () => {
  const entry = await new AuditLog().record({ ...base, metadata: { a: new Array(999_999).fill(0) } })
  expect(entry.metadata).toMatchObject({ a: { length: 999_999 } })
  const more = { a: new Array(1_000_000).fill(0) } // and the array itself
  await expect(recordUntyped({ ...base, metadata: more })).rejects.toMatchObject({
    code: 'AUDIT_INVALID_ENTRY',
  })
})

test('metadata may hold 64 Mi characters, those of its keys among them', () => {
  const text = 'x'.repeat(64 * 1024 * 1024 - 10)
  expect(createEntry({ ...base, metadata: { key: text, key2: 'xyz' } }).metadata).toMatchObject({
    key2: 'xyz',
  })
  const code = expect.objectContaining({ code: 'AUDIT_INVALID_ENTRY' })
  expect(() => createEntry({ ...base, metadata: { key: text, key2: 'wxyz' } })).toThrow(code)
  expect(() => createEntry({ ...base, metadata: { key: text, key22: 'xyz' } })).toThrow(code)
})

test('an object that stands in metadata twice is no cycle', async () => {
  const shared = { a: 1 }
  const list = [shared]
  const entry = await new AuditLog().record({ ...base, metadata: { x: shared, y: list, z: list } })
  expect(entry.metadata).toEqual({ x: { a: 1 }, y: [{ a: 1 }], z: [{ a: 1 }] })
})

test('metadata may be 256 levels deep and no deeper, however deep it is', async () => {
  const nested = (levels: number): JsonObject => {
    let value: JsonObject = {}
    for (let i = 1; i < levels; i++) value = { a: value }
    return value
  }
  await new AuditLog().record({ ...base, metadata: nested(256) })
  for (const levels of [257, 100_000]) {
    await expect(new AuditLog().record({ ...base, metadata: nested(levels) })).rejects.toMatchObject({
      code: 'AUDIT_INVALID_ENTRY',
    })
  }
})

test('__proto__ is a key like any other', async () => {
  const log = new AuditLog()
  const metadata: JsonObject = JSON.parse('{"__proto__":{"admin":true},"constructor":1}')
  const entry = await log.record({ ...base, metadata })
  expect(Object.keys(entry.metadata)).toEqual(['__proto__', 'constructor'])
  expect(Object.getPrototypeOf(entry.metadata)).toBe(Object.prototype)
  expect(await log.count({ metadata: JSON.parse('{"__proto__":{"admin":true}}') })).toBe(1)
  expect(await log.count({ metadata: JSON.parse('{"__proto__":{}}') })).toBe(0)
})

test('an object of another realm or without a prototype is plain', async () => {
  const { runInNewContext } = await import('node:vm')
  const entry = await recordUntyped({ ...base, metadata: runInNewContext('({ a: [{}] })') })
  expect(entry.metadata).toEqual({ a: [{}] })
  const bare = Object.assign(Object.create(null), base)
  expect(await recordUntyped(bare)).toMatchObject(base)
})

test('-0 in metadata becomes 0, as in JSON', async () => {
  const entry = await new AuditLog().record({ ...base, metadata: { a: -0, b: [-0] } })
  expect(Object.is(entry.metadata.a, 0)).toBe(true)
  expect(entry.metadata.b).toSatisfy((list: number[]) => Object.is(list[0], 0))
})

test('what is refused is named, never quoted', async () => {
  const secret = 'sk-a-secret-0123456789'
  for (const wrong of [
    { ...base, costUsd: secret },
    { ...base, latencyMs: [secret] },
    { ...base, metadata: secret },
    { ...base, model: { secret } },
    { ...base, metadata: { a: new Map([[secret, secret]]) } },
    { ...base, metadata: { a: Symbol(secret) } },
    secret,
  ]) {
    const message = await recordUntyped(wrong).catch((error: Error) => error.message)
    expect(message).not.toContain(secret)
  }
})

test('what is refused deep in metadata is named in a few words', async () => {
  let metadata: object = { end: Number.NaN }
  for (let i = 0; i < 200; i++) metadata = { [`a key that is long enough to be noticed ${i}`]: metadata }
  const message = await recordUntyped({ ...base, metadata }).catch((error: Error) => error.message)
  expect(message).toMatch(/^metadata.{20,1000}$/s)
})

test('an entry whose line is longer than any string is refused as an entry', async () => {
  const { stringify } = JSON
  const log = new AuditLog()
  const long = () => {
    throw new RangeError('Invalid string length') // as for a line of 500 million characters
  }
  try {
    JSON.stringify = long as typeof stringify // the fault itself would take a gigabyte
    await expect(log.record(base)).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  } finally {
    JSON.stringify = stringify
  }
  expect(await log.record(base)).toMatchObject({ index: 0 })
})

test('a symbol is not a key of an input', async () => {
  const log = new AuditLog()
  const input = { model: 'm', inputText: '', outputText: '', [Symbol('user')]: 'alice' }
  await expect(log.record(input)).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
})

test.each([4111111111111111, 4111111111111111n])('an error never shows %s, given as a text', async number => {
  const log = new AuditLog()
  const input = { model: 'm', inputText: number as never, outputText: '', metadata: {} }
  const error: unknown = await log.record(input).catch(reason => reason)
  expect(error).toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  expect(String(error)).not.toContain('4111')
})
