// Opens, as someone without rights, a file that only its owner may read; prints each backend's error code: <folder>
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditError, AuditLog } from '@audit/core'
import { FILE_BACKENDS } from './backends.ts'

const folder = process.argv[2] ?? ''

async function codeAt(name: keyof typeof FILE_BACKENDS, path: string) {
  await using log = new AuditLog({ backend: FILE_BACKENDS[name](path) })
  return log.count().catch((error: AuditError) => error.code)
}

const codesIn = async (subfolder: string) => ({
  sqlite: await codeAt('sqlite', join(folder, subfolder, 'sqlite')),
  jsonl: await codeAt('jsonl', join(folder, subfolder, 'jsonl')),
})

await codesIn('missing') // loads all code while it can still be read
for (const name of Object.keys(FILE_BACKENDS)) writeFileSync(join(folder, name), '', { mode: 0o000 })
chmodSync(folder, 0o777)
if (process.getuid?.() === 0) process.setuid?.('nobody') // who is root may do everything
console.log(JSON.stringify(await codesIn('.')))
