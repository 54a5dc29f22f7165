import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import {
  type AuditBackend,
  type AuditEntry,
  canonicalJson,
  type GroupValue,
  Summarizer,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import { shown } from './failure.ts'
import { oracle } from './oracle.ts'

/** The figures of a group, each in one form only, so that equal figures are deeply equal. */
interface Figures {
  count: number
  /** In units of the smallest double: exact. */
  cost: bigint
  costUnknown: number
  readonly tokens: number[]
  readonly latencies: Map<number, number>
  latencyMax: number
  readonly statuses: Map<string, number>
  first: string | null
  last: string | null
}

const FIGURES = [
  'count',
  'cost',
  'costUnknown',
  'tokens',
  'latencies',
  'latencyMax',
  'statuses',
  'first',
  'last',
] as const satisfies (keyof Figures)[]

/** Asserts that `summarize` gives what core sums up from the entries that the oracle finds. */
export async function expectSummary(
  backend: AuditBackend,
  log: readonly AuditEntry[],
  request: Partial<SummaryRequest>,
): Promise<void> {
  const { selection = { order: 'asc' }, by = [], countsOnly = false } = request
  const what = `summarize(${inspect({ ...request, selection, by, countsOnly }, { depth: 4, breakLength: 200 })})`
  const parts = await backend.summarize?.({ selection, by, countsOnly })
  assert.ok(parts, `${what}: it gave nothing`)
  const summarizer = new Summarizer(by)
  for (const entry of oracle(log, selection)) summarizer.add(entry)
  const [actual, expected] = [figuresOf(parts, what), figuresOf(summarizer.parts(), what)]
  for (const [group, figures] of expected) {
    const found = actual.get(group)
    if (!found) assert.fail(`${what}: the group ${shown(group)} is missing`)
    for (const name of countsOnly ? (['count'] as const) : FIGURES) {
      if (isDeepStrictEqual(found[name], figures[name])) continue
      const difference: string = `${shown(found[name])} instead of ${shown(figures[name])}`
      assert.fail(`${what}: ${name} of the group ${shown(group)} is ${difference}`)
    }
  }
  // Where all entries are one group, it is there also if it has no entry.
  const odd = [...actual.keys()].find(group => !expected.has(group))
  if (odd !== undefined) assert.fail(`${what}: no entry is in the group ${shown(odd)}`)
}

/** The parts, added up by group. */
function figuresOf(parts: readonly SummaryPart[], what: string): ReadonlyMap<string, Figures> {
  const groups = new Map<string, Figures>()
  for (const part of parts) {
    const group = groupOf(part.values, what)
    const figures = groups.get(group) ?? noFigures()
    groups.set(group, figures)
    addPart(figures, part)
  }
  return groups
}

function noFigures(): Figures {
  return {
    count: 0,
    cost: 0n,
    costUnknown: 0,
    tokens: [0, 0, 0, 0, 0],
    latencies: new Map(),
    latencyMax: 0,
    statuses: new Map(),
    first: null,
    last: null,
  }
}

function addPart(figures: Figures, part: SummaryPart): void {
  figures.count += part.count
  for (const cost of part.costs) figures.cost += exact(cost)
  figures.costUnknown += part.costUnknown
  part.tokens.forEach((tokens, i) => {
    figures.tokens[i] = (figures.tokens[i] ?? 0) + tokens
  })
  for (const [bin, count] of part.latencies) addTo(figures.latencies, bin, count)
  figures.latencyMax = Math.max(figures.latencyMax, part.latencyMax)
  for (const [status, count] of part.statuses) addTo(figures.statuses, status, count)
  const { first, last } = part
  if (first !== null && (figures.first === null || first < figures.first)) figures.first = first
  if (last !== null && (figures.last === null || last > figures.last)) figures.last = last
}

function addTo<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

/** A text that groups share if their values are equal as JSON; a missing value is none of JSON. */
function groupOf(values: readonly GroupValue[], what: string): string {
  try {
    return values.map(value => (value === undefined ? 'missing' : canonicalJson(value))).join(' | ')
  } catch (error) {
    assert.fail(`${what}: ${shown(values)} are not values of a group: ${error}`)
  }
}

/** A finite double as a whole number of units of 2^-1074, the smallest double (IEEE 754). */
function exact(double: number): bigint {
  assert.ok(Number.isFinite(double), `${double} is a cost`)
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, double)
  const high = bits.getUint32(0)
  const exponent = (high >>> 20) & 0x7ff
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4))
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1)
  return double < 0 ? -magnitude : magnitude
}
