import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LABELLED } from './labelled.ts'
import { measure, qualityTable } from './measure.ts'

const { kinds } = measure()

test('the labelled set is large, in many languages, and holds what looks alike', () => {
  expect(LABELLED.length).toBeGreaterThanOrEqual(400)
  expect(new Set(LABELLED.map(({ language }) => language)).size).toBeGreaterThan(15)
  expect(LABELLED.filter(({ values }) => values.length === 0).length).toBeGreaterThanOrEqual(200)
})

test.each(['email', 'card', 'iban', 'apiKey'])(
  '%s: precision is at least 0.97, recall at least 0.95',
  kind => {
    expect(kinds[kind]?.values).toBeGreaterThanOrEqual(40)
    expect(kinds[kind]?.precision).toBeGreaterThanOrEqual(0.97)
    expect(kinds[kind]?.recall).toBeGreaterThanOrEqual(0.95)
  },
)

test.each(['phone', 'ssn', 'jwt', 'pem'])('%s: precision is at least 0.95, recall at least 0.9', kind => {
  expect(kinds[kind]?.precision).toBeGreaterThanOrEqual(0.95)
  expect(kinds[kind]?.recall).toBeGreaterThanOrEqual(0.9)
})

test('the README shows these figures', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const row of qualityTable(kinds)) expect(readme.replaceAll(/ +/g, ' ')).toContain(row)
})
