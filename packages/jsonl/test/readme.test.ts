import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshPath } from './scene.ts'

const run = promisify(execFile)
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  )
}

/** An empty folder in which both packages are installed. */
async function emptyProject(): Promise<string> {
  const folder = dirname(await freshPath())
  await mkdir(join(folder, 'node_modules', '@audit'), { recursive: true })
  for (const name of ['core', 'jsonl']) {
    const target = fileURLToPath(new URL(`../../${name}`, import.meta.url))
    await symlink(target, join(folder, 'node_modules', '@audit', name), 'junction')
  }
  return folder
}

async function runBlock(folder: string, code: string): Promise<string> {
  await writeFile(join(folder, 'block.mts'), code)
  const { stdout } = await run(process.execPath, ['block.mts'], { cwd: folder })
  return stdout
}

test('the TypeScript of the README runs unchanged, and prints what it says', async () => {
  const [quickStart = '', damage = '', ...others] = blocks('ts')
  const folder = await emptyProject()
  expect(await runBlock(folder, quickStart)).toMatch(
    /^0 [0-9a-f-]{36}\n\S+Z alice What is the capital of France\?\n$/,
  )
  expect(await runBlock(folder, damage)).toBe('1 1\n')
  expect(others).toEqual([])
})

test.skipIf(process.platform === 'win32')(
  'the leaf hash of the README comes out of the shell (Windows has none of its programs)',
  async () => {
    const folder = await emptyProject()
    await runBlock(folder, blocks('ts')[0] ?? '')
    const [shell = ''] = blocks('sh').filter(code => code.includes('sha256sum'))
    const command = shell.split('\n').find(line => line.includes('sha256sum')) ?? ''
    const { stdout } = await run('bash', ['-c', command], { cwd: folder })
    const hash = await runBlock(
      folder,
      `import { leafHash } from '@audit/core/backend'
       import { readFileSync } from 'node:fs'
       const [line = ''] = readFileSync('audit.jsonl', 'utf8').split('\\n')
       console.log(Buffer.from(leafHash(line)).toString('hex'))`,
    )
    expect(stdout).toBe(`${hash.trim()}  -\n`)
  },
)
