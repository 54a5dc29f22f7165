import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { leafHash } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { freshPath, inputOf, openBackend } from './scene.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test.skipIf(process.platform === 'win32')(
  'the leaf hash of the README comes out of the shell (Windows has none of its programs)',
  async () => {
    const path = freshPath('audit.jsonl') // as the README calls it
    await (await openBackend(path)).log.record(inputOf('question'))
    const command = README.split('\n').find(line => line.includes('sha256sum')) ?? ''
    const [line = ''] = readFileSync(path, 'utf8').split('\n')
    expect(execFileSync('bash', ['-c', command], { cwd: dirname(path), encoding: 'utf8' })).toBe(
      `${Buffer.from(leafHash(line)).toString('hex')}  -\n`,
    )
  },
)
