// Records, queries, and closes nothing: <path>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const log = new AuditLog({ backend: new SqliteBackend({ path: process.argv[2] ?? '' }) })
await log.record({ model: 'm', inputText: '', outputText: '' })
console.log(await log.count({ model: 'm' }))
