import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { AuditError } from '@audit/core'
import { boundByPermissions, canBeBound, runCommand, TemporaryFolder } from '@audit/harness'
import { FILE_BACKEND_IDS, openLog } from '@audit/torture/backends'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

describe.each(FILE_BACKEND_IDS)('%s', id => {
  /** The code that every method gives on a log at this place, each on its own. */
  async function codesAt(path: string): Promise<ReadonlySet<unknown>> {
    await using log = openLog(id, path)
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
    await using log = openLog(id, folder.file('later/log'))
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

  test.each(FILE_BACKEND_IDS.filter(other => other !== id))(
    'the file of the %s backend is refused and left as it was',
    async other => {
      const path = folder.file('log')
      const log = openLog(other, path)
      await log.record({ model: 'm', inputText: '', outputText: '' })
      await log.close()
      const content = readFileSync(path)
      expect(await codesAt(path)).toEqual(new Set(['AUDIT_UNSUPPORTED_FORMAT']))
      expect(readFileSync(path).equals(content)).toBe(true)
    },
  )

  test('closing a log that could not be opened is fine, twice', async () => {
    const log = openLog(id, folder.file('missing/log'))
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
    await log.close()
    await log.close()
    await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  })

  test.each(['', 'a\0b'])('the path %j is no path', path => {
    expect(() => openLog(id, path)).toThrow(expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }))
  })
})

test.skipIf(!canBeBound)(
  'a file without permission cannot be opened (on Linux alone, root can be bound)',
  async () => {
    const program = fileURLToPath(new URL('open-without-permission.ts', import.meta.url))
    const [command, ...args] = boundByPermissions(program, folder.path)
    const output = await runCommand(folder.path, command, args)
    expect(JSON.parse(output)).toEqual({ sqlite: 'AUDIT_OPEN_FAILED', jsonl: 'AUDIT_OPEN_FAILED' })
  },
)
