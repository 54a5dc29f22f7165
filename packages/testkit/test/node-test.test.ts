import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { AREAS } from '../src/areas.ts'

test('the kit runs under node:test, where a case that is not claimed shows as skipped', async () => {
  const file = fileURLToPath(new URL('node-test/memory-backend.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file])
  const cases = AREAS.flatMap(area => area.cases)
  const claimed = cases.filter(({ needs = [] }) => needs.length === 0)
  expect(stdout).toContain(`\n# tests ${cases.length}\n`)
  expect(stdout).toContain(`\n# pass ${claimed.length}\n`)
  expect(stdout).toContain(`\n# skipped ${cases.length - claimed.length}\n`)
  expect(stdout).toContain('\n# fail 0\n')
})
