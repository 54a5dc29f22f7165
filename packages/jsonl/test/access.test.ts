import { chmod, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { canBeBound } from '@audit/harness'
import { describe, expect, test } from 'vitest'
import { openBoundByPermissions } from './open-bound-by-permissions.ts'
import { freshPath, leafOf, lineOf, openBackend } from './scene.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe.skipIf(process.platform === 'win32')('modes (Windows has none)', () => {
  test.each([0o000, 0o022, 0o077, 0o777])('a new file has mode 0600 under umask %o', async umask => {
    const path = freshPath()
    const before = process.umask(umask)
    try {
      const { backend } = await openBackend(path)
      await backend.append([leafOf('a')])
    } finally {
      process.umask(before)
    }
    expect(await modeOf(path)).toBe(0o600)
  })

  test('an existing file keeps its mode', async () => {
    const path = freshPath()
    await writeFile(path, '')
    await chmod(path, 0o640)
    const { backend } = await openBackend(path)
    await backend.append([leafOf('a')])
    expect(await modeOf(path)).toBe(0o640)
  })
})

describe.skipIf(!canBeBound)('bound by permissions (on Linux alone, root can be)', () => {
  test.each([
    ['readable alone', 0o444, 'AUDIT_OPEN_FAILED'],
    ['writable alone', 0o222, 'AUDIT_OPEN_FAILED'],
    ['both', 0o666, '1'],
  ])('a file that is %s', async (_, mode, outcome) => {
    const path = freshPath()
    await writeFile(path, `${lineOf('a')}\n`)
    await chmod(path, mode)
    expect(openBoundByPermissions(path)).toBe(outcome)
  })

  test('a folder that may not be written holds no new file', async () => {
    const path = freshPath()
    await chmod(dirname(path), 0o555)
    expect(openBoundByPermissions(path)).toBe('AUDIT_OPEN_FAILED')
    await chmod(dirname(path), 0o755)
    expect(openBoundByPermissions(path)).toBe('0')
    expect(await modeOf(path)).toBe(0o600)
  })
})
