import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshPath, openBackend, textsOf } from './scene.ts'

const script = fileURLToPath(new URL('outgrow-limit.ts', import.meta.url))

test.skipIf(process.platform === 'win32')(
  'a batch cut short by a full disk is cut back, is never seen, and the log goes on (Windows has no such limit)',
  async () => {
    const path = freshPath()
    const command = `ulimit -f 100 && exec "${process.execPath}" "${script}" "${path}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', command])
    expect(JSON.parse(stdout)).toEqual({
      cause: 'EFBIG',
      wasShort: true,
      seen: [1],
      isCutBack: true,
      next: 1,
    })
    const { backend, damages } = await openBackend(path)
    expect(await textsOf(backend)).toEqual(['first', 'small'])
    expect(damages).toEqual([])
    expect(await readFile(path, 'utf8')).toMatch(/^[^\n]+\n[^\n]+\n$/)
  },
)
