import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNode, TemporaryFolder } from '@audit/harness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installInto } from './installed-packages.ts'
import { TOP } from './readme-blocks.ts'

const HERE = fileURLToPath(new URL('..', import.meta.url))

const HAS_PERMISSIONS = process.allowedNodeEnvironmentFlags.has('--permission')

let folder: TemporaryFolder
/** What the docs call /app. */
let app: string

beforeAll(() => {
  folder = new TemporaryFolder()
  app = folder.file('app')
  mkdirSync(app)
  installInto(app, HERE, ['@audit/core', '@audit/sqlite', '@audit/jsonl'])
  writeFileSync(join(app, 'app.mjs'), APPLICATION)
})
afterAll(() => folder[Symbol.dispose]())

/** The flags that the docs give for a backend. */
function documentedFlags(backend: string): readonly string[] {
  const docs = readFileSync(join(TOP, 'docs/bundling.md'), 'utf8')
  const [, flags = ''] = new RegExp(`^\\| ${backend} +\\| \`(--permission [^\`]+)\``, 'm').exec(docs) ?? []
  return flags.split(' ')
}

/** Records, counts and verifies, and gives what was printed, or that it failed. */
async function run(name: string, className: string, flags: readonly string[]): Promise<string> {
  const places = flags.map(flag => flag.replace('=/app', `=${app}`))
  const log = folder.file(`${crypto.randomUUID()}.log`)
  return runNode(app, '--no-warnings', ...places, 'app.mjs', name, className, log).catch(() => 'failed')
}

// It is a flag of Node.js from 23.5 on.
test.runIf(HAS_PERMISSIONS).each([
  ['SQLite', 'sqlite', 'SqliteBackend'],
  ['JSONL', 'jsonl', 'JsonlBackend'],
])(
  '%s works under the permission model with the flags of the docs, and needs each of them',
  async (title, name, className) => {
    const flags = documentedFlags(title)
    expect(flags).toContain('--permission')
    expect(await run(name, className, flags)).toBe('0 1 true\n')
    for (const needed of flags.slice(1)) {
      const others = flags.filter(flag => flag !== needed)
      expect(await run(name, className, others), needed).not.toBe('0 1 true\n')
    }
  },
)

const APPLICATION = `
  const [name, className, path] = process.argv.slice(2)
  const { AuditLog } = await import('@audit/core')
  const { [className]: Backend } = await import('@audit/' + name)
  const log = new AuditLog({ backend: new Backend({ path }) })
  try {
    const { index } = await log.record({ model: 'm', inputText: '', outputText: '' })
    console.log(index, await log.count(), (await log.verify()).ok)
  } catch (error) {
    console.log(error.code)
  }
  await log.close()
`
