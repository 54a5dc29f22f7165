// Records entries and prints the number of each, until one fails, then prints its code and kills itself: <path>
import { writeSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const log = new AuditLog({ backend: new SqliteBackend({ path: process.argv[2] ?? '' }) })
const print = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`)
for (let i = 0; i < 10; i++) {
  try {
    await log.record({ model: 'm', inputText: `${i}`.padEnd(20_000), outputText: '' })
    print(i)
  } catch (error) {
    print(Object(error).code)
    process.kill(process.pid, 'SIGKILL')
  }
}
process.kill(process.pid, 'SIGKILL')
