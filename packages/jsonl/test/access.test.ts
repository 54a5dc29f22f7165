import { execFile } from 'node:child_process'
import { chmod, chown, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { freshPath, leafOf, lineOf, openBackend } from './scene.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777
const NOBODY = 65_534

describe.skipIf(process.platform === 'win32')('modes (Windows has none)', () => {
  test.each([0o000, 0o022, 0o077, 0o777])('a new file has mode 0600 under umask %o', async umask => {
    const path = await freshPath()
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
    const path = await freshPath()
    await writeFile(path, '')
    await chmod(path, 0o640)
    const { backend } = await openBackend(path)
    await backend.append([leafOf('a')])
    expect(await modeOf(path)).toBe(0o640)
  })
})

describe.skipIf(process.getuid?.() !== 0)('as another user (needs root, to become one)', () => {
  /** Runs `open-once.ts` as nobody, and gives what it printed: a code, or the number of entries. */
  async function openAsNobody(path: string): Promise<string> {
    const script = fileURLToPath(new URL('open-once.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script, path, String(NOBODY)])
    return stdout
  }

  test.each([
    ['readable alone', 0o444, 'AUDIT_OPEN_FAILED'],
    ['writable alone', 0o222, 'AUDIT_OPEN_FAILED'],
    ['both', 0o666, '1'],
  ])('a file that is %s', async (_, mode, outcome) => {
    const path = await freshPath()
    await chmod(dirname(path), 0o755)
    await writeFile(path, `${lineOf('a')}\n`)
    await chmod(path, mode)
    expect(await openAsNobody(path)).toBe(outcome)
  })

  test('a folder that may not be written holds no new file', async () => {
    const path = await freshPath()
    await chmod(dirname(path), 0o755)
    expect(await openAsNobody(path)).toBe('AUDIT_OPEN_FAILED')
    await chown(dirname(path), NOBODY, NOBODY)
    expect(await openAsNobody(path)).toBe('0')
    expect(await modeOf(path)).toBe(0o600)
  })
})
