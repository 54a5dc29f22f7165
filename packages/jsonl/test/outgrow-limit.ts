// Writes a batch that outgrows the process's limit on the size of a file, while two readers look on.
import fs, { statSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { AuditError, createEntry, createLeaf } from '@audit/core'

const [, , path = ''] = process.argv

// The moment at which the file is cut back is the one at which it must have been seen longer.
let lengthWhenCut = 0
const { ftruncate } = fs
fs.ftruncate = Object.assign((...args: Parameters<typeof ftruncate>) => {
  lengthWhenCut = statSync(path).size
  ftruncate(...args)
}, ftruncate)
syncBuiltinESMExports()
const { JsonlBackend } = await import('@audit/jsonl')

process.on('SIGXFSZ', () => {}) // by default it kills; ignored, the write fails

const leafOf = (inputText: string) =>
  createLeaf(createEntry({ model: 'm', user: 'u', inputText, outputText: '' }))
const writer = new JsonlBackend({ path })
const reader = new JsonlBackend({ path })
await writer.open()
await reader.open()
await writer.append([leafOf('first')])
const before = statSync(path).size

const seen = new Set<number>()
let isOver = false
const look = async (backend: typeof writer) => {
  while (!isOver) {
    seen.add(await backend.size())
    await new Promise(resolve => setImmediate(resolve))
  }
}
const looking = [look(writer), look(reader)]
let outcome: unknown
const leaves = Array.from({ length: 4000 }, () => leafOf('x'.repeat(1000)))
try {
  await writer.append(leaves)
} catch (error) {
  outcome = error
}
isOver = true
await Promise.all(looking)
const isCutBack = statSync(path).size === before
const next = await writer.append([leafOf('small')])
await writer.close()
await reader.close()

const code = outcome instanceof AuditError ? outcome.code : String(outcome)
const cause = outcome instanceof AuditError ? (outcome.cause as NodeJS.ErrnoException).code : undefined // a system error
process.stdout.write(
  JSON.stringify({ code, cause, wasShort: lengthWhenCut > before, seen: [...seen], isCutBack, next }),
)
