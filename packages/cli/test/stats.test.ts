import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { expect, test } from 'vitest'
import { runHere } from './in-process.ts'
import { recordWithIntents } from './recorded-intents.ts'

async function costOf(...costs: readonly (number | null)[]): Promise<unknown> {
  const folder = temporaryFolder()
  await using log = new AuditLog({ backend: new JsonlBackend({ path: join(folder, 'audit.jsonl') }) })
  for (const costUsd of costs) await log.record({ model: 'm', inputText: '', outputText: '', costUsd })
  const { stdout } = await runHere(['stats', 'audit.jsonl', '--json'], { cwd: folder })
  return JSON.parse(stdout).costUsd
}

test.each([
  [[0.1, 0.2], 0.3],
  [[0.0011, 0.0022, 0.0033], 0.0066],
  [[123_456_789.01, 0.01], 123_456_789.02],
  [[1e-9, 2e-9], 3e-9],
  [[1e300, 1e-9], 1e300],
  [[Number.MAX_VALUE], Number.MAX_VALUE],
  [[null, 0], 0],
])('%j is %d, without the noise of doubles', async (costs, sum) => {
  expect(await costOf(...costs)).toBe(sum)
})

test('calls are counted, and intents only by name', async () => {
  const folder = temporaryFolder()
  await using log = new AuditLog({ backend: new JsonlBackend({ path: join(folder, 'audit.jsonl') }) })
  await recordWithIntents(log)
  const groupsBy = async (...args: readonly string[]) => {
    const { stdout, stderr } = await runHere(['stats', 'audit.jsonl', '--json', ...args], { cwd: folder })
    const groups = stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
    return { groups, isNoted: stderr.includes('4 entries of intents') }
  }
  const { groups, isNoted } = await groupsBy()
  expect(groups).toMatchObject([{ model: 'm', count: 2, costUsd: 0.3, costUnknown: 0 }])
  expect(groups[0].status).toEqual({ ok: { count: 2, share: 1 } })
  expect(isNoted).toBe(true)
  expect(await groupsBy('--by', 'model,audit.intent')).toMatchObject({
    groups: [{ 'audit.intent': true, count: 4 }, { count: 2 }],
    isNoted: false,
  })
  expect(await groupsBy('--metadata', 'audit.intent:=true')).toMatchObject({
    groups: [{ count: 4 }],
    isNoted: false,
  })
  const table = await runHere(['stats', 'audit.jsonl', '--by', 'day,user'], { cwd: folder, columns: 120 })
  expect(table.stdout).toMatch(/^all +2 /m)
})
