import { hasStrace } from '@audit/harness'
import { expect, test } from 'vitest'
import { FILE_BACKEND_IDS } from '../src/backends.ts'
import { faults } from '../src/faults.ts'
import { SHORT } from '../src/scale.ts'

test.skipIf(!hasStrace).each(FILE_BACKEND_IDS)(
  '%s: a system call that fails loses nothing and leaves no phantom (needs strace)',
  async id => {
    const figures = await faults(id, SHORT.faultsOfAKind, () => {})
    console.log(id, figures)
    expect(figures.failedCalls).toBeGreaterThan(0)
    expect(figures.lost).toBe(0)
  },
)
