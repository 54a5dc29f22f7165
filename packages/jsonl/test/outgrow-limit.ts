// Writes a batch that outgrows the process's limit on the size of a file, while two readers look on.
import fs, { statSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { createEntry, createLeaf, type Leaf } from '@audit/core/backend'
import { JsonlBackend } from '@audit/jsonl'
import { encodeBatch } from '../src/batch.ts'
import { loadNativeLock } from '../src/native-lock.ts'

const [, , path = ''] = process.argv

// The moment at which the file is cut back is the one at which it must have been seen longer.
let lengthWhenCut = 0
const { ftruncateSync } = fs
fs.ftruncateSync = (...args) => {
  lengthWhenCut = statSync(path).size
  ftruncateSync(...args)
}
syncBuiltinESMExports()
const { OpenLog } = await import('../src/open-log.ts')

process.on('SIGXFSZ', () => {}) // by default it kills; ignored, the write fails

const leafOf = (inputText: string) =>
  createLeaf(createEntry({ model: 'm', user: 'u', inputText, outputText: '' }))
const native = loadNativeLock([import.meta.url])
const writer = await OpenLog.open({
  path,
  isReadOnly: false,
  metadataIndexes: [],
  native,
  onDamage: async () => {},
})
const append = (leaves: readonly Leaf[]) => writer.append(encodeBatch(leaves))
const reader = new JsonlBackend({ path }) // in a thread of its own
await reader.open()
await append([leafOf('first')])
const before = statSync(path).size

const seen = new Set<number>()
let isOver = false
const look = async (backend: Pick<JsonlBackend, 'size'>) => {
  while (!isOver) {
    seen.add(await backend.size())
    await new Promise(resolve => setImmediate(resolve))
  }
}
const looking = [look(writer), look(reader)]
let outcome: unknown
const leaves = Array.from({ length: 4000 }, () => leafOf('x'.repeat(1000)))
try {
  await append(leaves)
} catch (error) {
  outcome = error
}
isOver = true
await Promise.all(looking)
const isCutBack = statSync(path).size === before
const next = await append([leafOf('small')])
writer.close()
await reader.close()

const cause = outcome instanceof Error && 'code' in outcome ? outcome.code : String(outcome)
process.stdout.write(
  JSON.stringify({ cause, wasShort: lengthWhenCut > before, seen: [...seen], isCutBack, next }),
)
