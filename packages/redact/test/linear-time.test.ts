import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HOSTILE } from '../bench/hostile.ts'

/** All of them take seconds. What grows with the square of a text takes longer than this for a single one. */
const DEADLINE_MS = 240_000

test('no hostile text stalls a rule', { timeout: 2 * DEADLINE_MS }, () => {
  const program = join(import.meta.dirname, 'hostile-texts.ts')
  // A regular expression cannot be interrupted, so it runs in a process that can be killed.
  const printed = execFileSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  expect(printed).toBe(`${Object.keys(HOSTILE).length}\n`)
})
