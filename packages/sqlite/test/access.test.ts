import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { input, openLog } from './open-log.ts'
import { runBoundByPermissions } from './run-program.ts'

const modesIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map(name => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  )

test.skipIf(process.platform === 'win32').each([0o000, 0o022, 0o277])(
  'new files are for their owner alone, whatever the umask: %o',
  async umask => {
    const folder = temporaryFolder()
    const before = process.umask(umask)
    try {
      await openLog(join(folder, 'audit.db')).record(input())
    } finally {
      process.umask(before)
    }
    expect(modesIn(folder)).toEqual({ 'audit.db': '600', 'audit.db-shm': '600', 'audit.db-wal': '600' })
  },
)

test.skipIf(process.platform === 'win32')(
  'an existing file keeps its mode, and its side files get it',
  async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'audit.db')
    writeFileSync(path, '')
    chmodSync(path, 0o640)
    await openLog(path).record(input())
    expect(modesIn(folder)).toEqual({ 'audit.db': '640', 'audit.db-shm': '640', 'audit.db-wal': '640' })
  },
)

test.skipIf(process.platform === 'win32')('a file or a folder that may not be written', async () => {
  const folder = temporaryFolder()
  const { lines, errors } = await runBoundByPermissions('open-without-permission', folder)
  chmodSync(join(folder, 'folder'), 0o755)
  expect(errors).toBe('')
  expect(lines).toEqual([
    { code: 'AUDIT_OPEN_FAILED', cause: 'EACCES' },
    { code: 'AUDIT_OPEN_FAILED', cause: expect.stringMatching(/^SQLITE_(CANTOPEN|READONLY)/) },
  ])
})

test.skipIf(process.platform === 'win32')('an error says which permission is missing', async () => {
  const folder = temporaryFolder()
  const { lines, errors } = await runBoundByPermissions('open-forbidden', folder)
  expect(errors).toBe('')
  const saying = (...words: readonly string[]) => ({
    code: 'AUDIT_OPEN_FAILED',
    message: expect.stringMatching(new RegExp(`permission.*${words.join('.*')}`)),
  })
  expect(lines).toEqual([
    saying('write in', 'copied,'), // the folder
    1,
    saying('write in', 'closed,'),
    1,
    saying('audit.db-wal', 'owner'),
    saying('audit.db-wal', 'owner'),
  ])
})
