import { TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'
import { synapseKitEntries, writeSynapseKitDatabase, writeSynapseKitJsonl } from './synapsekit-files.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
  writeSynapseKitJsonl(folder.file('sk.jsonl'), synapseKitEntries(60))
  writeSynapseKitDatabase(folder.file('sk.db'), synapseKitEntries(60))
})
afterAll(() => folder[Symbol.dispose]())

test.each(['sk.jsonl', 'sk.db'])('commands that read %s name audit import', async name => {
  for (const command of ['query', 'verify', 'stats']) {
    const { stderr } = await runHere([command, name], { cwd: folder.path })
    expect(stderr).toMatch(/SynapseKit.*audit import/)
  }
})

test('they do not name it for a log', async () => {
  for (const name of ['audit.db', 'audit.jsonl']) {
    const { stderr } = await runHere(['query', name], { cwd: folder.path })
    expect(stderr).toBe('')
  }
})
