// Opens files that nobody may read or write, and prints each backend's error code: <folder>
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditError, AuditLog } from '@audit/core'
import { FILE_BACKENDS } from './file-backends.ts'

const folder = process.argv[2] ?? ''

async function codeAt(name: keyof typeof FILE_BACKENDS, path: string) {
  const log = new AuditLog({ backend: FILE_BACKENDS[name](path) })
  return log.count().catch((error: AuditError) => error.code)
}

for (const name of Object.keys(FILE_BACKENDS)) writeFileSync(join(folder, name), '', { mode: 0o000 })
console.log(
  JSON.stringify({
    sqlite: await codeAt('sqlite', join(folder, 'sqlite')),
    jsonl: await codeAt('jsonl', join(folder, 'jsonl')),
  }),
)
