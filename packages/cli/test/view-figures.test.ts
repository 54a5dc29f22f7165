import { expect, test } from 'vitest'
import type { Figures, Overview } from '../src/view/contract.ts'
import { chartsOf, spendingOf } from '../src/view/page/charts-of.ts'
import { formatCost, formatCostAligned, formatCostSum, formatExactCost } from '../src/view/page/format.ts'
import { notOkShareOf } from '../src/view/page/statuses.ts'

const NONE: Figures = {
  count: 0,
  costUsd: 0,
  costUnknown: 0,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  latencyMs: null,
  status: {},
  first: null,
  last: null,
}

test('a sum of costs says where some are not known', () => {
  const sumOf = (costUsd: number, costUnknown: number) => formatCostSum({ count: 3, costUsd, costUnknown })
  expect([sumOf(0, 0), sumOf(1.2, 0), sumOf(1.2, 1), sumOf(0, 3)]).toEqual(['$0', '$1.20', '≥ $1.20', '–'])
})

test('a chart has no cost where none is known, and nothing where there was no call', () => {
  const cells = [
    { period: '2026-11-24', name: 'a', count: 2, costUsd: 0, costUnknown: 2 },
    { period: '2026-11-25', name: 'b', count: 2, costUsd: 1, costUnknown: 1 },
  ]
  const overview: Overview = {
    size: 4,
    step: 'day',
    total: NONE,
    intents: 0,
    periods: [
      { ...NONE, period: '2026-11-24' },
      { ...NONE, period: '2026-11-25' },
    ],
    models: [
      { ...NONE, model: 'a' },
      { ...NONE, model: 'b' },
    ],
    cells,
  }
  expect(chartsOf(overview).cost.series.map(({ values }) => values)).toEqual([
    [null, 0],
    [0, 1],
  ])
})

test('what users cost has a series for each spender, and one for all others', () => {
  const cell = { count: 1, costUnknown: 0 }
  const { periods, series } = spendingOf({
    users: [],
    total: 9,
    spenders: ['alice', 'bob'],
    cells: [
      { ...cell, period: '2026-09', name: 'bob', costUsd: 2 },
      { ...cell, period: '2026-11', name: null, costUsd: 0.5 },
      { ...cell, period: '2026-11', name: 'alice', costUsd: 1 },
    ],
  })
  expect(periods).toEqual(['2026-09', '2026-10', '2026-11'])
  expect(series.map(({ name, values }) => [name, values])).toEqual([
    ['alice', [0, 0, 1]],
    ['bob', [2, 0, 0]],
    ['Others', [0, 0, 0.5]],
  ])
})

test('costs in a list line up, and an entry has all digits', () => {
  const aligned = [0.1234567, 12, 0, 0.00002, 1234.5, null].map(formatCostAligned)
  expect([0.8, 0.25, 12, 0.034, 0].map(formatCost)).toEqual(['$0.80', '$0.25', '$12.00', '$0.034', '$0'])
  expect(aligned).toEqual(['$0.1235', '$12.0000', '$0.0000', '<$0.0001', '$1,234.50', '–'])
  expect([0.1234567, 12, 0.00002, 1e300].map(formatExactCost)).toEqual([
    '$0.1234567',
    '$12.00',
    '$0.00002',
    '$1e+300',
  ])
})

test('not ok is what `audit stats` calls so', () => {
  const status = { ok: 5, truncated: 1, timeout: 1, 'content-filter': 1 }
  expect(notOkShareOf({ status })).toBe(3 / 8) // of those that say how they ended
  expect(notOkShareOf({ status: {} })).toBeNull()
})
