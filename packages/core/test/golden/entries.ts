import { hash } from 'node:crypto'
import type { EntryFields, JsonValue } from '@audit/core'

/** How many entries the golden log has: two complete subtrees of 256, and some more. */
export const ENTRIES = 600

/** The entries of the golden log. They depend on nothing but this file: the same on every machine, on every day. */
export function goldenEntries(): readonly EntryFields[] {
  return Array.from({ length: ENTRIES }, (_, index) => entryAt(index))
}

const START = Date.UTC(2026, 0, 1)
const USERS = ['alice', 'bob', 'anonymous', 'Zoë', '山田', "o'hara; --", 'user\tname', '']
const MODELS = ['gpt-4o', 'claude-sonnet', 'm', 'модель', 'a/b:c@d', 'model "quoted"']

/** Texts that somebody, somewhere, has stored wrongly. */
const TEXTS = [
  '',
  ' leading and trailing ',
  'two\nlines\r\nand\rmore',
  'tab\tand \b\f and DEL \u007f',
  'null \u0000 in the middle',
  'every control \u0001\u0002\u0003\u0004\u0005\u0006\u0007\u000b\u000e\u000f\u001b\u001f',
  '"quotes" \\ and \\\\ and \\u0041',
  "'; DROP TABLE audit_log; --",
  '<script>alert(1)</script> &amp; ]]>',
  '{"entry_id":"x","index":0}',
  '\u2028 line and paragraph separators \u2029',
  '\ufeff byte-order mark, and the other one \ufffe',
  'replaced \ufffd and not a character \uffff',
  'é as two: e\u0301, and ﬁ as one',
  'right to left: \u202eabc\u202c, אבג, عربى',
  'astral: 😀 👩‍👩‍👧‍👦 𝒳 \u{10ffff}',
  '日本語 한국어 ไทย हिन्दी',
  '%s %d %n $\u007bx} {{y}} \\0',
  '-0 1e400 NaN Infinity 0x10',
  'line ends with a backslash \\',
]

/** Numbers at the borders of how RFC 8785 writes them. */
const NUMBERS = [
  0,
  1,
  -1,
  0.1,
  0.1 + 0.2,
  1e-6,
  1e-7,
  1.5e-7,
  123456789012345680000,
  1e20,
  1e21,
  1.5e21,
  1e-300,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 64,
  -(2 ** 63),
  1 / 3,
  5e-324,
  2.2250738585072014e-308,
  Number.MAX_VALUE,
  4.35,
  333333333.3333333,
]

/** Keys whose order is another in UTF-8, in insertion, or as integers. */
const KEYS = [
  'session',
  'tags',
  '',
  '10',
  '9',
  'a b',
  'a"b',
  'Z',
  'a',
  'é',
  'e\u0301',
  '€',
  '\u{1f600}',
  '\ufb33',
  '\u0080',
  '\r',
  'constructor',
  '__proto__',
  'toString',
]

function entryAt(index: number): EntryFields {
  const random = new Random(index)
  const time = timeOf(index, random)
  return {
    entryId: uuidAt(time, random),
    timestamp: new Date(time).toISOString(),
    user: random.pick(USERS),
    model: random.pick(MODELS),
    inputText: TEXTS[index % TEXTS.length] ?? '',
    outputText: index === 300 ? 'long '.repeat(4000) : textOf(random),
    costUsd: index % 7 === 0 ? null : Math.abs(numberOf(random)),
    latencyMs: index % 5 === 0 ? null : Math.abs(numberOf(random)),
    metadata: objectOf(random, index % 50 === 0 ? 12 : 2),
  }
}

/** Some share their time with others, and some are of a machine whose clock was behind. */
function timeOf(index: number, random: Random): number {
  const behind = index % 40 === 0 ? random.below(100_000) : 0
  return START + Math.floor(index / 3) * 1_000 + (index % 3 === 0 ? 0 : random.below(1_000)) - behind
}

/** A UUID of version 7 (RFC 9562, section 5.7). */
function uuidAt(time: number, random: Random): string {
  const tail = random.hex(10)
  const variant = '89ab'[random.below(4)]
  const hex = `${time.toString(16).padStart(12, '0')}7${tail.slice(0, 3)}${variant}${tail.slice(3, 18)}`
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function textOf(random: Random): string {
  return Array.from({ length: random.below(4) }, () => random.pick(TEXTS)).join(random.pick(['', ' ', '\n']))
}

function numberOf(random: Random): number {
  return random.below(3) === 0 ? random.double() : random.pick(NUMBERS)
}

function objectOf(random: Random, depth: number): Record<string, JsonValue> {
  const keys = new Set(Array.from({ length: random.below(5) }, () => random.pick(KEYS)))
  // Not by assignment: of "__proto__" that would make a prototype.
  return Object.fromEntries([...keys].map(key => [key, jsonValueOf(random, depth)]))
}

function jsonValueOf(random: Random, depth: number): JsonValue {
  const kind = random.below(depth > 0 ? 7 : 5)
  if (kind === 0) return numberOf(random)
  if (kind === 1) return random.pick([true, false, null])
  if (kind < 5) return textOf(random)
  if (kind === 5) return Array.from({ length: random.below(4) }, () => jsonValueOf(random, depth - 1))
  return objectOf(random, depth - 1)
}

/** Numbers that look random and never change: SHA-256 of a seed and a count. */
class Random {
  readonly #seed: number
  #count = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** A whole number from 0 to below a limit. */
  below(limit: number): number {
    return this.#next().readUInt32BE(0) % limit
  }

  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    return values[this.below(values.length)] as T // within the array, which is not empty
  }

  /** Any finite double. */
  double(): number {
    const value = this.#next().readDoubleBE(0)
    return Number.isFinite(value) ? value + 0 : 0 // -0 + 0 is 0
  }

  hex(bytes: number): string {
    return this.#next().toString('hex', 0, bytes)
  }

  #next(): Buffer {
    return hash('sha256', `golden ${this.#seed} ${this.#count++}`, 'buffer')
  }
}
