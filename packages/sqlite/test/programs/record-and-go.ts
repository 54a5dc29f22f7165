// Records entries, waits for none of them, and closes nothing: <path> <count>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const [path = '', count] = process.argv.slice(2)
const log = new AuditLog({ backend: new SqliteBackend({ path }) })
for (let i = 0; i < Number(count); i++) void log.record({ model: 'm', inputText: `${i}`, outputText: '' })
