// Records entries, and says when an index is begun and complete: <path> <count> <keys…>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const [path = '', count, ...metadataIndexes] = process.argv.slice(2)
const onIndexing = (progress: unknown) => console.log(JSON.stringify(progress))
const log = new AuditLog({ backend: new SqliteBackend({ path, metadataIndexes, onIndexing }) })
await log.open()
for (let i = 0; i < Number(count); i++) {
  await log.record({ model: 'm', inputText: '', outputText: '', metadata: { a: i % 3, b: `${i % 5}` } })
}
await log.close()
