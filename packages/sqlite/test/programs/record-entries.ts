// Records entries one after the other and prints the index of each: <path> <name> <count>. Runs as a process or a thread.
import { workerData } from 'node:worker_threads'
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const [path, name, count] = workerData ?? process.argv.slice(2)
const log = new AuditLog({ backend: new SqliteBackend({ path }) })
for (let i = 0; i < Number(count); i++) {
  const { index } = await log.record({ model: 'm', user: name, inputText: `${i}`, outputText: '' })
  console.log(index)
}
await log.close()
