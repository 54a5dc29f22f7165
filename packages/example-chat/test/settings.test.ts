import { expect, test } from 'vitest'
import { settingsFrom } from '../src/settings.ts'

const env = { OPENAI_API_KEY: 'none' }

test('numbers are read, or have a default', () => {
  expect(settingsFrom(env)).toMatchObject({ port: 8080, graceMs: 10_000 })
  expect(settingsFrom({ ...env, PORT: '0', GRACE_MS: '1500' })).toMatchObject({ port: 0, graceMs: 1500 })
})

test.each([
  { PORT: '' },
  { PORT: '65536' },
  { PORT: '80a' },
  { GRACE_MS: 'abc' },
  { GRACE_MS: '' },
  { GRACE_MS: '-1' },
  { GRACE_MS: 'Infinity' },
])('%o is refused, and stops the start', given => {
  expect(() => settingsFrom({ ...env, ...given })).toThrow(Object.keys(given)[0])
})
