// Opens logs of which a part is forbidden, to write and to read only, and prints the counts or the errors: <folder>
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditError, AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const folder = process.argv[2] ?? ''

/** A closed log with one entry; `copied` while it was open, the entry is in its `-wal`. */
async function logIn(name: string, isCopied: boolean): Promise<string> {
  mkdirSync(join(folder, name))
  const path = join(folder, name, 'audit.db')
  const source = isCopied ? join(folder, `${name}.db`) : path
  await using log = new AuditLog({ backend: new SqliteBackend({ path: source }) })
  await log.record({ model: 'm', inputText: '', outputText: '' })
  if (isCopied) for (const ending of ['', '-wal']) copyFileSync(source + ending, path + ending)
  return path
}

/** Counts the entries while a file or a folder has these permissions. */
async function print(path: string, forbidden: string, mode: number): Promise<void> {
  chmodSync(forbidden, mode)
  for (const readOnly of [false, true]) {
    await using log = new AuditLog({ backend: new SqliteBackend({ path, readOnly }) })
    const answer = await log.count().catch(({ code, message }: AuditError) => ({ code, message }))
    console.log(JSON.stringify(answer))
  }
  chmodSync(forbidden, 0o755)
}

for (const name of ['copied', 'closed']) {
  const path = await logIn(name, name === 'copied')
  await print(path, join(folder, name), 0o555)
}
const path = await logIn('wal', true)
await print(path, `${path}-wal`, 0o000)
