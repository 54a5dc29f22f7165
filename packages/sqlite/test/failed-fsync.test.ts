import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { hasStrace } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { openLog } from './open-log.ts'
import { outcomeOf, programPath } from './run-program.ts'

test.skipIf(!hasStrace)(
  'a batch whose fsync failed does not come back after a crash (needs strace)',
  async () => {
    let failures = 0
    for (let nth = 10; nth <= 15; nth++) {
      const path = join(temporaryFolder(), 'audit.db')
      const inject = `--inject=fsync,fdatasync:error=EIO:when=${nth}${nth % 2 ? '' : '+'}`
      const program = [process.execPath, programPath('record-until-failure'), path]
      const outcome = await outcomeOf(spawn('strace', ['-f', '-qq', '-o', '/dev/null', inject, ...program]))
      expect(outcome.signal ?? outcome.exitCode).toBeTruthy()
      if (outcome.lines.at(-1) === 'AUDIT_WRITE_FAILED') failures++
      const acknowledged = outcome.lines.filter(line => typeof line === 'number')
      const entries = await openLog(path).query()
      expect(
        entries.map(({ inputText }) => Number(inputText.trim())),
        `fsync ${nth}`,
      ).toEqual(acknowledged)
    }
    expect(failures).toBeGreaterThan(0)
  },
)
