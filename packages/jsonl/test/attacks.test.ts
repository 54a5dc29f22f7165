import { readFileSync, writeFileSync } from 'node:fs'
import { AuditLog, createSigner, type Finding, generateKey } from '@audit/core'
import { encodeLine } from '@audit/core/backend'
import { JsonlBackend } from '@audit/jsonl'
import { expect, test } from 'vitest'
import { freshPath, inputOf, lineOf } from './scene.ts'

// What someone with a text editor can do to the file, and what `verify` says of it, without and with a checkpoint.

const SIZE = 20
const signer = createSigner(generateKey('example.com/audit').privateKey)

type Lines = readonly string[]
type Kinds = readonly (readonly [kind: Finding['kind'], index?: number])[]

async function recordedLog() {
  const path = freshPath()
  const log = new AuditLog({ backend: new JsonlBackend({ path }), signer })
  const record = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        log.record({ ...inputOf(`text ${i}`), costUsd: 0.25, latencyMs: 8, metadata: { k: 'v' } }),
      ),
    )
  await record(SIZE / 2)
  const older = { bytes: readFileSync(path), checkpoint: await log.checkpoint() }
  await record(SIZE / 2)
  const checkpoint = await log.checkpoint()
  await log.close()
  return { path, checkpoint, older }
}

async function findings(path: string, checkpoint?: string): Promise<Kinds> {
  await using log = new AuditLog({ backend: new JsonlBackend({ path, onDamage: () => {} }), signer })
  const report = await log.verify(checkpoint === undefined ? {} : { checkpoint })
  expect(report.ok).toBe(report.findings.length === 0)
  return report.findings.map(({ kind, index }) => (index === undefined ? [kind] : [kind, index]))
}

function edit(path: string, change: (lines: Lines) => Lines): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  writeFileSync(path, `${change(lines).join('\n')}\n`)
}

const otherDigit = (digit: string) => (digit === '0' ? '1' : '0')

const replaceIn = (index: number, pattern: string | RegExp, replacement: string) => (lines: Lines) => {
  const changed = lines.map((line, i) => (i === index ? line.replace(pattern, replacement) : line))
  expect(changed).not.toEqual(lines)
  return changed
}

/** Keeps the id a UUID v7 with the time that it had. */
const changeRandomPart = (lines: Lines) =>
  lines.with(7, (lines[7] ?? '').replace(/[0-9a-f](?=",)/, otherDigit))

const cut: Kinds = [['tail-missing', SIZE - 1]]
const inconsistent: Kinds = [['checkpoint-inconsistent']]

test.each<[attack: string, change: (lines: Lines) => Lines, without: Kinds, withCheckpoint: Kinds]>([
  ['one byte of cost_usd', replaceIn(7, '0.25', '0.26'), [], inconsistent],
  ['one byte of input_text', replaceIn(7, '"text', '"tent'), [], inconsistent],
  ['one byte of latency_ms', replaceIn(7, '"latency_ms":8', '"latency_ms":9'), [], inconsistent],
  ['one byte of metadata', replaceIn(7, '{"k":"v"}', '{"k":"w"}'), [], inconsistent],
  ['one byte of model', replaceIn(7, '"model":"m"', '"model":"n"'), [], inconsistent],
  ['one byte of output_text', replaceIn(7, 'answer', 'anfwer'), [], inconsistent],
  ['one byte of user', replaceIn(7, '"user":"u"', '"user":"v"'), [], inconsistent],
  ['entry_id, no longer a UUID', replaceIn(7, /[0-9a-f](?=",)/, 'x'), [['foreign-entry', 7]], inconsistent],
  ['the random part of entry_id', changeRandomPart, [], inconsistent],
  ['one byte of timestamp', replaceIn(7, /(?<="timestamp":")20/, '19'), [['foreign-entry', 7]], inconsistent],
  ['one byte of a key', replaceIn(7, '"user"', '"uzer"'), [['damaged']], cut],
  ['a space', replaceIn(7, ':', ': '), [['foreign-entry', 7]], []],
  [
    'keys in another order',
    replaceIn(7, /^{("cost_usd":[^,]*),(.*)}$/, '{$2,$1}'),
    [['foreign-entry', 7]],
    [],
  ],
  ['the first entry deleted', lines => lines.slice(1), [], cut],
  ['a middle entry deleted', lines => lines.toSpliced(7, 1), [], cut],
  ['the last entry deleted', lines => lines.slice(0, -1), [], cut],
  ['a line torn', replaceIn(7, /..$/, ''), [['damaged']], cut],
  ['an entry inserted', lines => lines.toSpliced(7, 0, lineOf('forged')), [], inconsistent],
  ['an entry copied', lines => lines.toSpliced(7, 0, lines[3] ?? ''), [['entry-inserted']], []],
  ['an entry added at the end', lines => [...lines, lineOf('forged')], [], []],
  ['an entry replaced', lines => lines.with(7, lineOf('forged')), [], inconsistent],
  ['two entries exchanged', lines => lines.with(7, lines[8] ?? '').with(8, lines[7] ?? ''), [], inconsistent],
  ['all entries in reverse', lines => lines.toReversed(), [], inconsistent],
])('%s', async (_, change, without, withCheckpoint) => {
  const { path, checkpoint } = await recordedLog()
  expect(await findings(path, checkpoint)).toEqual([])
  edit(path, change)
  expect(await findings(path)).toEqual(without)
  expect((await findings(path, checkpoint)).toSorted()).toEqual([...withCheckpoint, ...without].toSorted())
})

test('an older copy of the file is a good log, which only a later checkpoint finds out', async () => {
  const { path, checkpoint, older } = await recordedLog()
  writeFileSync(path, older.bytes)
  expect(await findings(path)).toEqual([])
  expect(await findings(path, older.checkpoint)).toEqual([])
  expect(await findings(path, checkpoint)).toEqual([['tail-missing', SIZE / 2]])
})

test('a checkpoint does not find a change to later entries', async () => {
  const { path, checkpoint, older } = await recordedLog()
  edit(path, replaceIn(SIZE - 1, '"text', '"tent'))
  expect(await findings(path, older.checkpoint)).toEqual([])
  expect(await findings(path, checkpoint)).toEqual(inconsistent)
})

test('an entry of the file, spelt anew, keeps its leaf hash', async () => {
  const { path, checkpoint } = await recordedLog()
  edit(path, lines => lines.map(line => JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ' ')))
  const kinds = await findings(path, checkpoint)
  expect(kinds).toEqual(Array.from({ length: SIZE }, (_, index) => ['foreign-entry', index]))
})

test('lines that are changed while a log has them open are named, each', async () => {
  const path = freshPath()
  await using log = new AuditLog({ backend: new JsonlBackend({ path, onDamage: () => {} }), signer })
  for (let i = 0; i < SIZE; i++) await log.record(inputOf(`text ${i}`))
  const checkpoint = await log.checkpoint()
  edit(path, replaceIn(7, '"text', '"tent'))
  edit(path, replaceIn(9, '"user"', '"uzer"'))
  const report = await log.verify({ checkpoint })
  expect(report.findings.map(({ kind, index }) => [kind, index])).toEqual([
    ['damaged', 7],
    ['damaged', 9],
    ['checkpoint-inconsistent', undefined],
  ])
})

test('the hash covers the bytes that are stored', async () => {
  const { path } = await recordedLog()
  await using log = new AuditLog({ backend: new JsonlBackend({ path }) })
  const entries = await log.query()
  expect(readFileSync(path, 'utf8')).toBe(entries.map(entry => `${encodeLine(entry)}\n`).join(''))
})
