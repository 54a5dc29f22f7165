// Opens files that nobody may read or write, and prints each backend's error code: <folder>
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditError } from '@audit/core'
import { FILE_BACKEND_IDS, openLog } from '@audit/torture/backends'

const folder = process.argv[2] ?? ''
const codes = FILE_BACKEND_IDS.map(async id => {
  const path = join(folder, id)
  writeFileSync(path, '', { mode: 0o000 })
  return [
    id,
    await openLog(id, path)
      .count()
      .catch((error: AuditError) => error.code),
  ]
})
console.log(JSON.stringify(Object.fromEntries(await Promise.all(codes))))
