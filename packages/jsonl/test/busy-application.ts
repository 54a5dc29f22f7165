// An application that blocks its event loop at each moment of a call, until the thread that started it lets it go on.
import { parentPort, workerData } from 'node:worker_threads'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const MOMENTS = 40
const { path, flag } = workerData as { readonly path: string; readonly flag: Int32Array }
const log = new AuditLog({ backend: new JsonlBackend({ path }) })
await log.count()
for (let turns = 0; turns < MOMENTS; turns++) {
  const recording = log.record({ model: 'm', user: 'u', inputText: 'x'.repeat(100_000), outputText: '' })
  for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
  Atomics.store(flag, 0, 0)
  parentPort?.postMessage('blocked')
  Atomics.wait(flag, 0, 0)
  await recording
}
await log.close()
parentPort?.postMessage('over')
