import { AuditError, AuditLog, MemoryBackend } from '@audit/core'
import { expect, test } from 'vitest'

/** Stores its first batch, and cannot say so. */
class CutOffBackend extends MemoryBackend {
  #isCutOff = true

  override async append(...args: Parameters<MemoryBackend['append']>): Promise<number> {
    const first = await super.append(...args)
    if (!this.#isCutOff) return first
    this.#isCutOff = false
    throw new AuditError('AUDIT_OUTCOME_UNKNOWN', 'the connection broke', { cause: 'a cut' })
  }
}

const input = (inputText: string) => ({ model: 'm', inputText, outputText: '' })

test('where nobody knows whether a batch was stored, each caller is told which entry to look for', async () => {
  await using log = new AuditLog({ backend: new CutOffBackend() })
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(text => log.record(input(text))))
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') throw new Error('it was acknowledged')
    const { code, entryId, cause } = outcome.reason
    expect({ code, cause }).toEqual({ code: 'AUDIT_OUTCOME_UNKNOWN', cause: 'a cut' })
    expect(await log.get(entryId)).toMatchObject({ index: i, inputText: ['a', 'b', 'c'][i] })
  }
  expect(await log.record(input('d'))).toMatchObject({ index: 3 })
})
