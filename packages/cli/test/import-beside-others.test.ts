import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { createLeaf } from '@audit/core/backend'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { Importer } from '../src/import/importer.ts'
import { JsonlSource } from '../src/import/jsonl-source.ts'
import type { Source } from '../src/import/source.ts'
import { lockLog } from '../src/log/log-lock.ts'
import { runBinary, startBinary } from './binary.ts'
import { synapseKitEntries, writeSynapseKitJsonl } from './synapsekit-files.ts'

function place() {
  const folder = temporaryFolder()
  const file = (name: string) => join(folder, name)
  return {
    folder,
    file,
    run: (...args: readonly string[]) => runBinary(args, { cwd: folder }),
    locationOf: (name: string) => ({ kind: 'file', path: file(name), name }) as const,
    importInto: async (source: string, log: string) => {
      const { exitCode, output, errors } = await runBinary(['import', source, log, '--json'], { cwd: folder })
      return { exitCode, errors, report: output === '' ? undefined : JSON.parse(output) }
    },
  }
}

const backendAt = (path: string) =>
  path.endsWith('.jsonl') ? new JsonlBackend({ path }) : new SqliteBackend({ path })

async function record(path: string, ...texts: readonly string[]): Promise<void> {
  await using log = new AuditLog({ backend: backendAt(path) })
  for (const inputText of texts) await log.record({ model: 'm', inputText, outputText: '' })
}

async function entriesIn(path: string) {
  await using log = new AuditLog({ backend: backendAt(path) })
  return await log.query({ limit: 1_000_000, order: 'asc' })
}

/** What a killed import leaves: the first entries of a source, and nothing that closes their range. */
async function breakOff(source: string, log: string, count: number): Promise<void> {
  const backend = backendAt(log)
  await backend.open()
  const leaves = []
  for await (const item of new JsonlSource({ kind: 'file', path: source, name: source }).items()) {
    if ('entry' in item && leaves.length < count) leaves.push(createLeaf(item.entry.fields))
  }
  await backend.append(leaves)
  await backend.close()
}

const { signal } = new AbortController()
const LOGS = ['audit.db', 'audit.jsonl']

test.each(LOGS)(
  'into %s, an import that was broken off before others recorded is refused, with a way out',
  async name => {
    const { file, run, importInto } = place()
    writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(100))
    for (const count of [40, 100]) {
      const log = `${count}-${name}`
      await breakOff(file('old.jsonl'), file(log), count)
      await record(file(log), 'since then')
      const before = await entriesIn(file(log))
      const { exitCode, errors, report } = await importInto('old.jsonl', log)
      expect({ exitCode, report }, errors).toEqual({ exitCode: 2, report: undefined })
      expect(await entriesIn(file(log))).toEqual(before)
      // The way out that the message names.
      expect((await importInto('old.jsonl', `new-${log}`)).report).toMatchObject({ mode: 'kept', added: 100 })
      expect((await importInto(log, `new-${log}`)).report).toMatchObject({ entries: count + 1, added: 1 })
      const verified = await run('verify', `new-${log}`, '--json')
      expect(JSON.parse(verified.output)).toMatchObject({ findings: [], imported: { entries: 100 } })
    }
  },
)

test('nothing is imported behind an import of something else that was broken off, which can go on', async () => {
  const { file, importInto } = place()
  writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(20))
  writeSynapseKitJsonl(file('other.jsonl'), synapseKitEntries(30).slice(20))
  await breakOff(file('old.jsonl'), file('audit.db'), 10)
  expect((await importInto('other.jsonl', 'audit.db')).exitCode).toBe(2)
  expect((await importInto('old.jsonl', 'audit.db')).report).toMatchObject({ mode: 'kept', added: 10 })
  expect((await importInto('other.jsonl', 'audit.db')).report).toMatchObject({
    mode: 'renumbered',
    added: 10,
  })
})

test.each(LOGS)('into %s, no batch is written behind an entry that came during the import', async name => {
  const { file } = place()
  writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(5000))
  const read = new JsonlSource({ kind: 'file', path: file('old.jsonl'), name: 'old.jsonl' })
  const source: Source = {
    name: read.name,
    format: read.format,
    total: undefined,
    findings: [],
    async *items() {
      let count = 0
      for await (const item of read.items()) {
        if (count++ === 4500) await record(file(name), 'meanwhile') // the first batch, of 4096, is stored
        yield item
      }
    },
    sha256: () => read.sha256(),
    async [Symbol.asyncDispose]() {},
  }
  const backend = backendAt(file(name))
  await using log = new AuditLog({ backend })
  await log.open()
  const lock = { assertHeld() {}, async [Symbol.asyncDispose]() {} }
  const importer = new Importer(
    source,
    { log, backend, lock, name },
    { signal, onRead() {}, async onOmitted() {} },
  )
  await expect(importer.keep(0)).rejects.toThrow(/^somebody else recorded/)
  expect(await backend.size()).toBe(4097)
})

test.each(LOGS)(
  'a log that itself holds imports is imported once into %s, and so are their sources',
  async name => {
    const { file, importInto } = place()
    writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(3))
    await record(file('first.db'), 'a', 'b')
    await importInto('old.jsonl', 'first.db')
    expect((await importInto('first.db', name)).report).toMatchObject({ mode: 'kept', added: 6 })
    expect((await importInto('first.db', name)).report).toMatchObject({
      mode: 'complete',
      entries: 6,
      added: 0,
    })
    expect((await importInto('old.jsonl', name)).report).toMatchObject({ mode: 'complete', added: 0 })
    // Once more among others, where each of them is wrapped twice.
    await record(file('second.db'), 'c')
    expect((await importInto('first.db', 'second.db')).report).toMatchObject({ mode: 'renumbered', added: 6 })
    expect((await importInto('first.db', 'second.db')).report).toMatchObject({ mode: 'complete', added: 0 })
    expect((await importInto('old.jsonl', 'second.db')).report).toMatchObject({ mode: 'complete', added: 0 })
  },
)

test.each(LOGS)('two imports at once into %s double nothing', async name => {
  const { folder, file, importInto } = place()
  writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(3000))
  await record(file(name), 'a')
  const both = await Promise.all([importInto('old.jsonl', name), importInto('old.jsonl', name)])
  expect(both.map(({ exitCode }) => exitCode)).toContain(0)
  for (const { exitCode, report } of both) expect(exitCode).toBe(report ? 0 : 2)
  expect(await entriesIn(file(name))).toHaveLength(3002)
  expect(readdirSync(folder).filter(found => found.includes('.lock'))).toEqual([])
})

test('a locked log is written by no other import or convert, by whatever link it is given', async () => {
  const { folder, file, run, locationOf } = place()
  writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(3))
  await record(file('audit.db'), 'a')
  {
    await using _ = await lockLog(locationOf('audit.db'), signal)
    await using __ = await lockLog(locationOf('new.jsonl'), signal)
    for (const args of [
      ['import', 'old.jsonl', 'audit.db'],
      ['import', 'old.jsonl', join(folder, '.', 'audit.db')],
      ['import', 'old.jsonl', 'new.jsonl'],
      ['convert', 'audit.db', 'new.jsonl'],
    ]) {
      const { exitCode, output } = await run(...args)
      expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    }
    expect(existsSync(file('new.jsonl'))).toBe(false)
  }
  expect((await run('import', 'old.jsonl', 'audit.db')).exitCode).toBe(0)
  expect((await run('convert', 'audit.db', 'new.jsonl')).exitCode).toBe(0)
})

test.skipIf(process.platform === 'win32')('the lock of a killed import is free', async () => {
  const { folder, file, importInto } = place()
  writeSynapseKitJsonl(file('old.jsonl'), synapseKitEntries(30_000))
  const child = startBinary(['import', 'old.jsonl', 'audit.jsonl'], { cwd: folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise(resolve => child.once('exit', resolve))
  while (!existsSync(file('.audit.jsonl.lock')) && child.exitCode === null)
    await new Promise(resolve => setTimeout(resolve, 1))
  child.kill('SIGKILL')
  await ended
  const { exitCode, report } = await importInto('old.jsonl', 'audit.jsonl')
  expect({ exitCode, entries: report.entries }).toEqual({ exitCode: 0, entries: 30_000 })
  expect(existsSync(file('.audit.jsonl.lock'))).toBe(false)
})
