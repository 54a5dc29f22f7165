import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

const SECRET = 'c2VjcmV0LW9mLXRoZS10ZXN0'
const PRIVATE_KEY = `PRIVATE+KEY+example.com/audit+01234567+${SECRET}`

test.each([
  ['verify', '--checkpoint', 'c', '--key', PRIVATE_KEY],
  ['verify', '--checkpoint', 'c', '--key', ` ${PRIVATE_KEY}`],
  ['verify', '--checkpoint', 'c', '--key', `\n${PRIVATE_KEY}`],
  ['verify', '--checkpoint', 'c', '--policy', PRIVATE_KEY],
  ['prove', '0', '--checkpoint', PRIVATE_KEY],
  ['prove', '0', '--key', ` ${PRIVATE_KEY}`],
])('a private key in an argument is not repeated: %s %s %s', async (command, ...options) => {
  const cwd = temporaryFolder()
  await writeSampleLogs(cwd)
  const { exitCode, both } = await runHere([command, 'audit.db', ...options], { cwd })
  expect(exitCode).toBe(2)
  expect(both).not.toContain(SECRET)
})
