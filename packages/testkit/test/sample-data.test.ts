import { expect, test } from 'vitest'
import { oracle } from '../src/oracle.ts'
import { mixedEntries, placed } from '../src/sample-entries.ts'
import { everyFilter, everySelection } from '../src/sample-selections.ts'

const LOG = placed(mixedEntries(240, 24))

test('every combination is there once', () => {
  const selections = everySelection(LOG, 'asc', 1)
  const keys = selections.map(selection => Object.keys(selection).sort().join())
  expect(keys).toHaveLength(512)
  expect(new Set(keys).size).toBe(512)
  expect(everyFilter(LOG, 'asc', 1).every(selection => !('limit' in selection || 'after' in selection))).toBe(
    true,
  )
})

test('most selections find something, and each key decides in some of them', () => {
  const selections = everySelection(LOG, 'desc', 1)
  const found = selections.filter(selection => oracle(LOG, selection).length > 0)
  expect(found.length).toBeGreaterThan(selections.length / 3)
  for (const key of ['user', 'model', 'since', 'until', 'metadata', 'size', 'entryId', 'limit', 'after']) {
    const deciding = found.filter(selection => {
      const others = Object.fromEntries(Object.entries(selection).filter(([name]) => name !== key))
      return oracle(LOG, selection).length !== oracle(LOG, { order: 'desc', ...others }).length
    })
    expect(deciding.length, key).toBeGreaterThan(5)
  }
})

test('a seed gives the same selections and the same data again', () => {
  expect(everySelection(LOG, 'asc', 7)).toEqual(everySelection(LOG, 'asc', 7))
  const texts = (): string[] => mixedEntries(50, 3).map(({ user, timestamp }) => `${timestamp} ${user}`)
  expect(texts()).toEqual(texts())
})

test('the data has entries that share a timestamp, and steps back in time', () => {
  const times = LOG.map(({ timestamp }) => timestamp)
  expect(new Set(times).size).toBeLessThan(times.length / 2)
  expect(times.some((time, i) => i > 0 && time < (times[i - 1] ?? ''))).toBe(true)
})
