// Records one entry into the log of the first argument, or counts those that are there if there is a second.
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const [, , path = '', readOnly] = process.argv
const log = new AuditLog({
  backend: new JsonlBackend({ path, readOnly: readOnly !== undefined, onDamage: () => {} }),
})
if (readOnly === undefined) await log.record({ model: 'm', user: 'u', inputText: 'one', outputText: '' })
else await log.count()
await log.close()
