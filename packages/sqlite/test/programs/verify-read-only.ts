// Opens a log to read it only, and prints its size, whether it is verified, and the code with which it takes no entry: <path>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const log = new AuditLog({ backend: new SqliteBackend({ path: process.argv[2] ?? '', readOnly: true }) })
console.log(await log.count())
const { ok } = await log.verify()
console.log(ok)
await log
  .record({ model: 'm', inputText: '', outputText: '' })
  .catch(error => console.log(JSON.stringify(error.code)))
await log.close()
