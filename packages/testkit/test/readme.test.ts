import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the backend of the guide has less than 100 lines, and claims what the kit then tests', () => {
  const [, code = ''] = /^```ts\n\/\/ folder-backend\.ts\n(.*?)^```$/ms.exec(readme) ?? []
  expect(code).toContain('supports = { persistence: true, ')
  expect(code.trimEnd().split('\n').length).toBeLessThan(100)
})

test('the table of areas is right', () => {
  const rows = [...readme.matchAll(/^\| ([^|]+?) +\| +(\d+) \|/gm)].map(([, name, count]) => [
    name,
    Number(count),
  ])
  const count = AREAS.reduce((sum, { cases }) => sum + cases.length, 0)
  expect(rows).toEqual([...AREAS.map(({ name, cases }) => [name, cases.length]), ['all', count]])
})
