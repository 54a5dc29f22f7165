import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { expect, test } from 'vitest'
import { madeModel, PROMPT } from './made-model.ts'
import { SDKS } from './sdks.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

test.each(SDKS)(
  'ai $major: a stream that nobody holds any more is recorded, and its source is let go',
  async sdk => {
    const log = new AuditLog()
    const capture = createCapture({ log })
    let cancelled = 0
    const parts = Array.from({ length: 9 }, () => ({ type: 'text-delta', id: '0', delta: 'so far ' }))
    const model = madeModel(sdk, capture, { parts, onCancel: () => void cancelled++ })
    const start = performance.now()
    await (async () => {
      const { stream } = await model.doStream({ prompt: PROMPT })
      await stream.getReader().read()
    })()
    const tookMs = performance.now() - start
    while ((await log.count()) === 0) {
      await new Promise(setImmediate)
      collectGarbage()
    }
    const [entry] = await log.query()
    expect(entry).toMatchObject({ outputText: 'so far ', metadata: { 'audit.status': 'unfinished' } })
    expect(entry?.latencyMs).toBeLessThanOrEqual(tookMs)
    expect(await log.count()).toBe(1)
    expect(cancelled).toBe(1)
  },
)
