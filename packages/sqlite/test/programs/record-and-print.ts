// Records and queries, also by metadata, and prints the counts, or the code of what fails: <path>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

async function run(): Promise<void> {
  const log = new AuditLog({ backend: new SqliteBackend({ path: process.argv[2] ?? '' }) })
  await log.record({ model: 'm', inputText: '', outputText: '', metadata: { session: 'a' } })
  console.log(JSON.stringify(await log.count({ metadata: { session: 'a' } })))
  console.log(JSON.stringify(await log.query({ metadata: { session: 'b' } })))
}

run().catch(error => console.log(JSON.stringify(error.code)))
