// One thread of a crowd, with its callers, and one reader beside them: <backend> <address> <name> <callers> <entries>
import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { backendNamed, openLog } from '../backends.ts'
import type { CrowdReport } from '../crowd.ts'

const [id, address = '', name, callers, entries] = process.argv.slice(2)
const RESOLUTION_MS = 1
const NANOSECONDS_PER_MS = 1e6

const log = openLog(backendNamed(id), address)
await log.count() // opened, before the clock starts
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delay.enable()
let queries = 0
await Promise.all(Array.from({ length: Number(callers) }, (_, i) => call(`${name}, caller ${i}`, i === 0)))
delay.disable()
await log.close()

const report: CrowdReport = {
  queries,
  loopDelaysMs: [Math.max(0, delay.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS)],
}
parentPort?.postMessage(report)

/** Records one entry after the other. One caller of the thread looks, each time, whether its newest is there. */
async function call(user: string, isReader: boolean): Promise<void> {
  for (let i = 0; i < Number(entries); i++) {
    const entry = await log.record({ model: 'm', user, inputText: `${i}`, outputText: 'answer' })
    if (!isReader) continue
    const found = await log.query({ user, order: 'desc', limit: 2 })
    assert.deepEqual(found[0], entry)
    assert.equal(await log.count({ user }), i + 1)
    queries += 2
  }
}
