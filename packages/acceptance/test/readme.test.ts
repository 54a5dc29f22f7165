import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNode, serverUrl, TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, readmes, TOP } from './readme-blocks.ts'

const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url))
const TSC = join(NODE_MODULES, 'typescript/bin/tsc')
const VITEST = join(NODE_MODULES, 'vitest/vitest.mjs')

const READMES = readmes().map(readme => ({
  readme,
  blocks: blocksOf(readme).filter(({ info }) => info !== 'listing'),
}))

let folder: TemporaryFolder

/** The folder of a document's blocks: they may import each other, and write files. */
const folderOf = (readme: string) => folder.file(readme.replace(/\.md$/, ''))

beforeAll(() => {
  process.env.DATABASE_URL = serverUrl().href // what the blocks that want a database connect to
  folder = new TemporaryFolder()
  symlinkSync(NODE_MODULES, folder.file('node_modules'), 'junction')
  writeFileSync(folder.file('package.json'), '{ "type": "module" }')
  writeFileSync(
    folder.file('tsconfig.json'),
    JSON.stringify({
      extends: join(TOP, 'tsconfig.base.json'),
      compilerOptions: { noUnusedLocals: false, typeRoots: [join(NODE_MODULES, '@types')] },
    }),
  )
  for (const { readme, blocks } of READMES) {
    mkdirSync(folderOf(readme), { recursive: true })
    for (const { file, code } of blocks) writeFileSync(join(folderOf(readme), file), code)
  }
})
afterAll(() => folder[Symbol.dispose]())

test('the types of all blocks hold', async () => {
  await runNode(folder.path, TSC, '--project', '.')
})

describe.each(READMES)('$readme', ({ readme, blocks }) => {
  test('marks its blocks in the ways that CONTRIBUTING.md names', () => {
    for (const { info } of blocksOf(readme)) expect(['', 'listing']).toContain(info)
  })

  test.each(blocks)('$file, at line $line, runs', async ({ file }) => {
    if (file.endsWith('.test.ts')) await runNode(folderOf(readme), VITEST, 'run', '--root', '.', file)
    else await runNode(folderOf(readme), file)
  })
})
