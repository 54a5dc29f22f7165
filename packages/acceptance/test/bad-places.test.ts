import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type AuditError, AuditLog } from '@audit/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FILE_BACKENDS } from './file-backends.ts'
import { runCommand, runNode } from './run-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

describe.each(Object.entries(FILE_BACKENDS))('%s', (_, create) => {
  /** The code that every method gives on a log at this place, each on its own. */
  async function codesAt(path: string): Promise<ReadonlySet<unknown>> {
    await using log = new AuditLog({ backend: create(path) })
    const calls = [
      () => log.record({ model: 'm', inputText: '', outputText: '' }),
      () => log.query(),
      () => log.count(),
      () => log.get('x'),
      () => log.stream().next(),
      () => log.entries().next(),
    ]
    const codes = new Set<unknown>()
    for (const call of calls) codes.add(await call().catch((error: AuditError) => error.code))
    return codes
  }

  test.each([
    ['in a missing folder', 'missing/log'],
    ['below a file', 'file/log'],
    ['that is a folder', 'folder'],
  ])('a path %s cannot be opened', async (_, path) => {
    writeFileSync(folder.file('file'), '')
    mkdirSync(folder.file('folder'))
    expect(await codesAt(folder.file(path))).toEqual(new Set(['AUDIT_OPEN_FAILED']))
  })

  test('once the folder is there, the same log opens', async () => {
    await using log = new AuditLog({ backend: create(folder.file('later/log')) })
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    mkdirSync(folder.file('later'))
    expect(await log.count()).toBe(0)
  })

  test.each<[string, Buffer]>([
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a gzip file', gzipSync('entries')],
    ['UTF-16 text', Buffer.from('\uFEFF{"model":"m"}\n', 'utf16le')],
  ])('%s is refused and left as it was', async (_, content) => {
    writeFileSync(folder.file('log'), content)
    expect(await codesAt(folder.file('log'))).toEqual(new Set(['AUDIT_UNSUPPORTED_FORMAT']))
    expect(readFileSync(folder.file('log')).equals(content)).toBe(true)
  })

  test.each(Object.entries(FILE_BACKENDS).filter(([, other]) => other !== create))(
    'the file of the %s backend is refused and left as it was',
    async (_, other) => {
      const path = folder.file('log')
      const log = new AuditLog({ backend: other(path) })
      await log.record({ model: 'm', inputText: '', outputText: '' })
      await log.close()
      const content = readFileSync(path)
      expect(await codesAt(path)).toEqual(new Set(['AUDIT_UNSUPPORTED_FORMAT']))
      expect(readFileSync(path).equals(content)).toBe(true)
    },
  )

  test('closing a log that could not be opened is fine, twice', async () => {
    const log = new AuditLog({ backend: create(folder.file('missing/log')) })
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    await log.close()
    await log.close()
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  })

  test.each(['', 'a\0b'])('the path %j is no path', path => {
    expect(() => create(path)).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
  })
})

test.skipIf(process.platform === 'win32')('a file without permission cannot be opened', async () => {
  const program = fileURLToPath(new URL('open-without-permission.ts', import.meta.url))
  const output = await runBoundByPermissions(program, folder.path)
  expect(JSON.parse(output)).toEqual({ sqlite: 'AUDIT_OPEN_FAILED', jsonl: 'AUDIT_OPEN_FAILED' })
})

/** Permissions do not bind root, who therefore gives that privilege away here (Linux). */
function runBoundByPermissions(program: string, ...args: readonly string[]): Promise<string> {
  if (process.getuid?.() !== 0) return runNode(folder.path, program, ...args)
  const bound = ['--bounding-set', '-dac_override,-dac_read_search', process.execPath]
  return runCommand(folder.path, 'setpriv', [...bound, program, ...args])
}
