// Opens the log of the first argument, to read only if there is a second, and prints how many entries it has, or the code.
import { AuditError } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const [, , path = '', readOnly] = process.argv
const backend = new JsonlBackend({ path, readOnly: readOnly !== undefined })
try {
  await backend.open()
  process.stdout.write(String(await backend.size()))
} catch (error) {
  process.stdout.write(error instanceof AuditError ? error.code : String(error))
}
