// Opens a file without permission, then one in a folder without permission, and prints the errors: <folder>
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditError, AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const folder = process.argv[2] ?? ''
const logs = ['file', 'folder'].map(name => {
  const path = join(folder, name, 'audit.db')
  return { path, log: new AuditLog({ backend: new SqliteBackend({ path }) }) }
})
const openAll = () =>
  Promise.all(
    logs.map(({ log }) =>
      log.count().catch(({ code, cause }: AuditError) => ({ code, cause: Object(cause).code })),
    ),
  )

for (const { path } of logs) {
  mkdirSync(join(path, '..'))
  writeFileSync(path, '')
  chmodSync(path, path.includes('folder') ? 0o666 : 0o444)
}
chmodSync(join(folder, 'folder'), 0o555)
for (const answer of await openAll()) console.log(JSON.stringify(answer))
