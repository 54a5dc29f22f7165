// Records as many entries as the second argument says into the log of the first, and waits for nothing.
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const [, , path = '', count = '0'] = process.argv
const log = new AuditLog({ backend: new JsonlBackend({ path }) })
for (let i = 0; i < Number(count); i++) {
  void log.record({ model: 'm', user: 'u', inputText: String(i), outputText: '' })
}
