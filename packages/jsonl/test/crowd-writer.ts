// Records from many callers at once into the log of the first argument, under the name of the second.
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

export const CALLERS = 16
export const ENTRIES = 25

const [, , path, name] = process.argv
if (path !== undefined && name !== undefined) {
  const log = new AuditLog({ backend: new JsonlBackend({ path }) })
  const call = async (_: unknown, caller: number) => {
    for (let i = 0; i < ENTRIES; i++) {
      await log.record({ model: 'm', user: `${name}.${caller}`, inputText: String(i), outputText: '' })
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  await log.close()
}
