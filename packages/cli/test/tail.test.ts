import { once } from 'node:events'
import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { AuditLog } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Interruption } from '../src/stopping.ts'
import { startBinary } from './binary.ts'
import { runHere } from './in-process.ts'
import { sampleLeaves, writeSampleLogs } from './sample-log.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const indexesOf = async (...args: readonly string[]): Promise<readonly number[]> => {
  const { stdout } = await runHere(['tail', 'audit.db', ...args], { cwd: folder.path })
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line).index)
}

describe('without -f', () => {
  test('the newest are printed, the newest last', async () => {
    expect(await indexesOf('-n', '3')).toEqual([45, 46, 47])
    expect(await indexesOf()).toHaveLength(10)
    expect(await indexesOf('-n', '0')).toEqual([])
  })
  test('the newest are those with the highest index, whatever their time', async () => {
    const path = folder.file('imported.jsonl')
    const backend = new JsonlBackend({ path })
    await backend.open()
    await backend.append(sampleLeaves().toReversed())
    await backend.close()
    for (const filter of [[], ['--status', 'ok']]) {
      const { stdout } = await runHere(['tail', path, '-n', '3', ...filter])
      const indexes = stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).index)
      expect(indexes).toEqual([45, 46, 47])
    }
  })
  test('the newest that match are printed', async () => {
    expect(await indexesOf('--status', 'error', '-n', '2')).toEqual([25, 38])
    expect(await indexesOf('--grep', 'haiku', '-n', '2')).toHaveLength(2)
  })
  test('with --since, all since then are printed', async () => {
    const all = await indexesOf('--since', '2026-11-24')
    expect(all.length).toBeGreaterThan(10)
    expect(all.at(-1)).toBe(47)
    expect(await indexesOf('--since', '2026-11-24', '-n', '1')).toEqual([47])
    expect(await indexesOf('--since', '2026-11-24', '--until', '2026-11-24')).not.toContain(47)
  })
})

describe('with -f', () => {
  /** Records in turns with what the tail prints, and gives what it printed until it was ended. */
  const follow = async (
    args: readonly string[],
    until: (line: { readonly inputText: string }) => boolean,
  ) => {
    const path = `${temporaryFolder()}/audit.jsonl`
    const log = new AuditLog({ backend: new JsonlBackend({ path }) })
    const record = (user: string, inputText: string) =>
      log.record({ model: 'm', user, inputText, outputText: '' })
    await record('alice', 'before')
    const child = startBinary(['tail', '-f', path, ...args])
    const lines: { readonly index: number; readonly user: string; readonly inputText: string }[] = []
    let n = 0
    let stopped = false
    const recording = (async () => {
      while (!stopped) await Promise.all([record('alice', `a${n++}`), record('bob', `b${n++}`)])
    })()
    if (!child.stdout) throw new Error('the output is not a pipe')
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(line))
      if (until(JSON.parse(line))) break
    }
    stopped = true
    await recording
    child.kill('SIGINT')
    const [exitCode] = await once(child, 'exit')
    await log.close()
    return { exitCode, lines }
  }

  test('nothing is missed, and nothing comes twice', async () => {
    let count = 0
    const { exitCode, lines } = await follow([], () => ++count === 300)
    expect(exitCode).toBe(130)
    const first = lines[0]?.index ?? 0
    expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, i) => first + i))
  })

  test('on a terminal, the titles come with the first entry', async () => {
    const path = `${temporaryFolder()}/audit.jsonl`
    const log = new AuditLog({ backend: new JsonlBackend({ path }) })
    await log.record({ model: 'm', inputText: 'before', outputText: '' })
    const stop = new AbortController()
    const following = runHere(['tail', '-f', path, '-n', '0'], { columns: 80, signal: stop.signal, onOutput })
    let shown = ''
    function onOutput(text: string): void {
      shown += text
      if (shown.includes('after')) stop.abort(new Interruption('SIGINT'))
    }
    const recording = (async () => {
      while (!stop.signal.aborted) await log.record({ model: 'm', inputText: 'after', outputText: '' })
    })()
    const { exitCode, stdout } = await following
    await recording
    await log.close()
    expect(exitCode).toBe(130)
    expect(stdout).toMatch(/#.*time \(UTC\)[\s\S]*after/)
    expect(stdout).not.toContain('before')
  })

  test('filters hold for what comes', async () => {
    let count = 0
    const { lines } = await follow(['--user', 'bob', '--since', '1h'], () => ++count === 50)
    expect(new Set(lines.map(({ user }) => user))).toEqual(new Set(['bob']))
    const texts = lines.map(({ inputText }) => Number(inputText.slice(1)))
    expect(texts).toEqual(texts.map((_, i) => (texts[0] ?? 0) + 2 * i))
  })
})

describe.skipIf(process.platform === 'win32')('a log that is no longer where it was ends it', () => {
  test.each([
    ['removed', 'audit.db', (path: string) => rmSync(path)],
    ['moved', 'audit.jsonl', (path: string) => renameSync(path, `${path}.old`)],
    [
      'replaced',
      'audit.db',
      (path: string) => {
        copyFileSync(path, `${path}.new`)
        renameSync(`${path}.new`, path)
      },
    ],
  ])('%s: %s', async (_, name, lose) => {
    const path = `${temporaryFolder()}/${name}`
    copyFileSync(folder.file(name), path)
    let isLost = false
    const onOutput = (text: string) => {
      if (isLost || !text.includes('"index":47')) return
      isLost = true
      lose(path)
    }
    const { exitCode, stderr } = await runHere(['tail', '-f', path], { onOutput })
    expect(exitCode).toBe(2)
    expect(stderr).toContain(path)
  })

  test('the page, too', async () => {
    const path = `${temporaryFolder()}/audit.db`
    copyFileSync(folder.file('audit.db'), path)
    const onOutput = (text: string) => text.startsWith('http') && rmSync(path)
    const { exitCode, stderr } = await runHere(['view', path], { onOutput })
    expect(exitCode).toBe(2)
    expect(stderr).toContain(path)
  })
})
