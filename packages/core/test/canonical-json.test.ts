import { canonicalJson, createEntry, createLeaf, encodeLine, type JsonValue } from '@audit/core/backend'
import { expect, test } from 'vitest'

// RFC 8785, beyond the published cases.

test.each<[JsonValue, string]>([
  [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
  [[{ b: 1, a: 2 }], '[{"a":2,"b":1}]'],
  [{ a: [[{ d: [{ f: 1, e: 2 }], c: 0 }]] }, '{"a":[[{"c":0,"d":[{"e":2,"f":1}]}]]}'],
  [{ a: { c: 1, b: { e: 1, d: 2 } } }, '{"a":{"b":{"d":2,"e":1},"c":1}}'],
  [{ 10: 0, 9: 1, a: 2 }, '{"10":0,"9":1,"a":2}'],
  [{ '\ufb33': 1, '😀': 2, '€': 3, '\r': 4, '': 5 }, '{"":5,"\\r":4,"€":3,"😀":2,"\ufb33":1}'],
  [{ aa: 1, a: 2, A: 3, _: 4 }, '{"A":3,"_":4,"a":2,"aa":1}'],
  [[-0, 1e21, 1e-7, 5e-324, 0.1 + 0.2, 100], '[0,1e+21,1e-7,5e-324,0.30000000000000004,100]'],
  ['\u0000\b\t\n\f\r"\\/\u007f\u2028é', '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\u007f\u2028é"'],
  [[null, true, false, '', [], {}], '[null,true,false,"",[],{}]'],
  [JSON.parse('{"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1}}'],
])('%j is written as %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

test.each<[string, JsonValue]>([
  ['NaN', { a: Number.NaN }],
  ['Infinity', [Number.POSITIVE_INFINITY]],
  ['a lone surrogate', { a: '\ud800' }],
  ['a lone surrogate in a list', ['\udc00']],
  ['a lone surrogate in a key', { '\ud800': 1 }],
  ['a lone surrogate deep in a key', { a: [{ '\ud800': 1 }] }],
])('%s has no canonical text', (_, value) => {
  expect(() => canonicalJson(value)).toThrow()
})

test('equal entries have equal lines and leaf hashes, in whatever order their metadata was written', () => {
  const entry = createEntry({ model: 'm', inputText: '', outputText: '' })
  const one = { ...entry, metadata: { tools: [{ name: 'a', args: { x: 1, y: [2] } }], id: 1 } }
  const two = { ...entry, metadata: { id: 1, tools: [{ args: { y: [2], x: 1 }, name: 'a' }] } }
  expect(encodeLine(one)).toBe(encodeLine(two))
  expect(encodeLine(one)).toBe(canonicalJson(JSON.parse(encodeLine(one))))
  expect(createLeaf(one).hash).toEqual(createLeaf(two).hash)
})
