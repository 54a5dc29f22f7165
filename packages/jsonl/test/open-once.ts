// Opens the log of the first argument as the user of the second, to read only if there is a third, and prints how many
// entries it has, or the code.
import { AuditError } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const [, , path = '', user = '', readOnly] = process.argv
process.setgroups?.([])
process.setgid?.(Number(user))
process.setuid?.(Number(user))
const backend = new JsonlBackend({ path, readOnly: readOnly !== undefined })
try {
  await backend.open()
  process.stdout.write(String(await backend.size()))
} catch (error) {
  process.stdout.write(error instanceof AuditError ? error.code : String(error))
}
