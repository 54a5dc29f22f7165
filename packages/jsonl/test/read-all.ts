// Reads a log in every way.
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'

const [, , path = ''] = process.argv
const backend = new JsonlBackend({ path })
const log = new AuditLog({ backend })
let streamed = 0
for await (const _ of log.stream()) streamed++
const counted = await log.count({ user: 'u' })
const none = await log.count({ metadata: { k: 'nowhere' } })
const hashes = (await backend.leafHashes(0, streamed)).length
const { ok } = await log.verify()
process.stdout.write([streamed, counted, none, hashes, ok].join(' '))
