import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hasStrace } from '@audit/harness'
import { describe, expect, test } from 'vitest'
import { freshPath } from './scene.ts'

// A power loss cannot be had here, so what survives one is told from the system's calls, in their order.

const script = fileURLToPath(new URL('record-one.ts', import.meta.url))
const CALLS = 'openat,close,write,fsync,fdatasync,ftruncate,fcntl'
const TRACE = /^\d+ +(\w+)\((.*)\) += (-?\d+)/gm

/** What a program that records one entry does with the log's file and folder: `call of which file`, in order. */
async function callsOf(path: string, ...more: readonly string[]): Promise<readonly string[]> {
  const trace = `${path}.trace`
  const args = [
    '-f',
    '-qq',
    '-y',
    '-s',
    '0',
    '-e',
    `trace=${CALLS}`,
    '-o',
    trace,
    process.execPath,
    script,
    path,
  ]
  await promisify(execFile)('strace', [...args, ...more], { timeout: 50_000 })
  const names: readonly [string, string][] = [
    [path, 'file'],
    [dirname(path), 'folder'],
  ]
  return [...(await readFile(trace, 'utf8')).matchAll(TRACE)].flatMap(
    ([, call = '', given = '', result = '']) => {
      const name = names.find(([of]) => given.includes(`<${of}>`) || given.includes(`"${of}"`))?.[1]
      if (name === undefined) return []
      const descriptor = call === 'openat' ? result : (/^\d+/.exec(given)?.[0] ?? '')
      const lock = /F_OFD_SETLK, \{l_type=F_(\w+)/.exec(given)?.[1]
      if (call === 'fcntl') return lock ? [`${lock.toLowerCase()} ${name} ${descriptor}`] : []
      return [`${call} ${name} ${descriptor}`]
    },
  )
}

describe.skipIf(!hasStrace)('the calls, in their order (needs strace)', () => {
  test('a new file: its folder is synced before, and the file inside the lock, after the write', async () => {
    const calls = await callsOf(freshPath())
    const names = calls.map(call => call.replace(/ \d+$/, ''))
    const first = (call: string) => names.indexOf(call)
    const appending = ['wrlck file', 'write file', 'fdatasync file', 'unlck file']
    expect(names.slice(first('wrlck file')).slice(0, appending.length)).toEqual(appending)
    expect(first('openat file')).toBeLessThan(first('fsync folder'))
    expect(first('fsync folder')).toBeLessThan(first('wrlck file'))
  })

  test('through a symbolic link, the folder that holds the file is synced', async () => {
    const path = freshPath()
    writeFileSync(path, '')
    const elsewhere = freshPath('link.jsonl')
    symlinkSync(path, elsewhere)
    const trace = `${path}.trace`
    const args = ['-f', '-qq', '-y', '-e', 'trace=fsync', '-o', trace, process.execPath, script, elsewhere]
    await promisify(execFile)('strace', args, { timeout: 50_000 })
    expect(await readFile(trace, 'utf8')).toContain(`<${dirname(path)}>`)
  })

  test('a log that is only read: nothing is written, synced or locked for writing', async () => {
    const path = freshPath()
    writeFileSync(path, 'x\n')
    const calls = (await callsOf(path, 'read-only')).map(call => call.replace(/ \d+$/, ''))
    expect(new Set(calls)).toEqual(new Set(['openat file', 'rdlck file', 'unlck file', 'close file']))
  })
})
