import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runCommand, runNode, serverUrl, TemporaryFolder } from '@audit/harness'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, TOP } from './readme-blocks.ts'

const PUBLISHED = ['core', 'sqlite', 'jsonl', 'postgres', 'testkit', 'cost', 'redact'] as const
const TSC = join(TOP, 'node_modules/typescript/bin/tsc')

let folder: TemporaryFolder
/** The tarballs, by package. */
let tarballs: ReadonlyMap<string, string>

beforeAll(async () => {
  folder = new TemporaryFolder()
  const packed = PUBLISHED.map(async name => {
    const target = folder.file(`packed-${name}`)
    await runCommand(join(TOP, 'packages', name), 'pnpm', ['pack', '--pack-destination', target])
    return [name, join(target, readdirSync(target)[0] ?? '')] as const
  })
  tarballs = new Map(await Promise.all(packed))
})
afterAll(() => folder[Symbol.dispose]())

/** Makes an empty project outside the workspace and installs packages there, as a user does. */
async function newProject(name: string, packages: readonly string[]): Promise<string> {
  const path = folder.file(name)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "private": true }')
  const specifiers = packages.map(wanted => tarballs.get(wanted) ?? wanted)
  await runCommand(path, 'npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...specifiers])
  return path
}

/** The source map that a built file names. */
function sourceMapOf(file: string): { readonly sources: string[]; readonly sourcesContent: string[] } {
  const name = /^\/\/# sourceMappingURL=(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  return JSON.parse(readFileSync(join(dirname(file), name), 'utf8'))
}

/** The first block of the README: what a newcomer copies. */
function quickStart(): string {
  const [block] = blocksOf('README.md')
  if (!block) throw new Error('the README has no TypeScript block')
  return block.code
}

/** The same program for `require()`: CommonJS has no `import` and no `await` on the top level. */
function asCommonJs(program: string): string {
  const body = program.replaceAll(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)')
  return `(async () => {\n${body}\n})()\n`
}

/** Bundles a program of a project into one file. */
async function bundleUp(
  project: string,
  program: string,
  outfile: string,
  options: Pick<BuildOptions, 'format' | 'external' | 'minify'>,
): Promise<void> {
  await build({
    absWorkingDir: project,
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    ...options,
  })
}

test('a package holds its code, its types, its README and its licence, and nothing else', async () => {
  for (const [name, tarball] of tarballs) {
    const listed = await runCommand(folder.path, 'tar', ['-tzf', tarball])
    const files = listed
      .trim()
      .split(/\r?\n/)
      .map(file => file.replace('package/', ''))
    const built = files.filter(file => /^dist\/[\w-]+\.(d\.ts|js|js\.map)$/.test(file))
    const others = files.filter(file => !built.includes(file)).toSorted()
    expect(others, name).toEqual(['LICENSE', 'README.md', 'package.json'])
    expect(built, name).toEqual(expect.arrayContaining(['dist/index.d.ts', 'dist/index.js']))
    const code = built.filter(file => file.endsWith('.js')).map(file => `${file}.map`)
    expect(built.filter(file => file.endsWith('.map')).toSorted(), name).toEqual(code.toSorted())
  }
})

test('core alone brings no SQLite and no binary', async () => {
  const project = await newProject('core-alone', ['core'])
  expect(readdirSync(join(project, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
    '@audit',
    'canonicalize',
    'uuid',
  ])
  writeFileSync(
    join(project, 'app.mjs'),
    `import { AuditLog } from '@audit/core'
     const log = new AuditLog()
     await log.record({ model: 'm', inputText: '', outputText: '' })
     console.log(await log.count())`,
  )
  expect(await runNode(project, 'app.mjs')).toBe('1\n')
})

describe('with PostgreSQL installed', () => {
  let project: string
  beforeAll(async () => {
    project = await newProject('postgres', ['core', 'postgres', 'pg@8'])
    writeFileSync(join(project, 'app.mts'), POSTGRES_APPLICATION)
  })

  test('an application records and counts', async () => {
    expect(await runNode(project, 'app.mts', serverUrl().href, `packed ${randomUUID()}`)).toBe('1\n')
  })

  test.each([
    ['esm', 'app.mjs'],
    ['cjs', 'app.cjs'],
  ] as const)('bundled to %s, with pg external, it does so as well', async (format, bundle) => {
    await bundleUp(project, 'app.mts', bundle, { format, external: ['pg'] })
    expect(await runNode(project, bundle, serverUrl().href, `packed ${randomUUID()}`)).toBe('1\n')
  })
})

describe('with all of them installed', () => {
  let project: string
  beforeAll(async () => {
    project = await newProject('all', [...PUBLISHED, '@types/node@24'])
  })

  test('the quick start runs as an ES module', async () => {
    writeFileSync(join(project, 'quick-start.mts'), quickStart())
    await runNode(project, 'quick-start.mts')
  })

  test.each(PUBLISHED)('%s leads a debugger to its sources, which are in its source maps', name => {
    const dist = join(project, 'node_modules/@audit', name, 'dist')
    for (const file of readdirSync(dist).filter(entry => entry.endsWith('.js'))) {
      const map = sourceMapOf(join(dist, file))
      expect(map.sourcesContent, file).toHaveLength(map.sources.length)
      expect(map.sourcesContent, file).not.toContain(null)
    }
  })

  test('a stack trace names the lines of the sources', async () => {
    writeFileSync(
      join(project, 'throws.mjs'),
      `import { AuditLog } from '@audit/core'
       try { new AuditLog({ nothing: 1 }) } catch (error) { console.log(error.stack) }`,
    )
    const stack = await runNode(project, '--enable-source-maps', 'throws.mjs')
    expect(stack).toMatch(/@audit[\\/]core[\\/]src[\\/]options\.ts:\d+/)
  })

  test('the quick start runs in CommonJS, by require()', async () => {
    writeFileSync(join(project, 'quick-start.cts'), asCommonJs(quickStart()))
    await runNode(project, 'quick-start.cts')
  })

  test.each(PUBLISHED)('%s loads by import and by require(), and gives the same', async name => {
    const program = `import('@audit/${name}').then(imported => {
      const required = require('@audit/${name}')
      console.log(Object.keys(imported).length > 0, Object.keys(imported).every(key => imported[key] === required[key]))
    })`
    expect(await runNode(project, '--input-type=commonjs', '--eval', program)).toBe('true true\n')
  })

  test('the quick start and all declarations pass the strictest type check', async () => {
    const names = PUBLISHED.map(name => `export * as ${name} from '@audit/${name}'\n`)
    writeFileSync(join(project, 'types.mts'), names.join(''))
    writeFileSync(join(project, 'quick-start.mts'), quickStart())
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']
    const target = [
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
    ]
    await runNode(project, TSC, ...options, ...target, 'quick-start.mts', 'types.mts')
  })

  test.each([
    ['esm', 'app.mjs'],
    ['cjs', 'app.cjs'],
  ] as const)('an application on both backends, bundled to %s, runs', async (format, bundle) => {
    writeFileSync(join(project, 'app.mts'), APPLICATION)
    await bundleUp(project, 'app.mts', bundle, {
      format,
      external: NATIVE,
    })
    expect(await runNode(project, bundle, format)).toBe('1 1\n')
  })

  test.each([
    ['esm', 'mjs', 'the packages external', OURS],
    ['cjs', 'cjs', 'the packages external', OURS],
    ['esm', 'mjs', 'only the binaries external', NATIVE],
    ['cjs', 'cjs', 'only the binaries external', NATIVE],
  ] as const)(
    'a server bundled to %s (.%s), %s, serves a route and ends by itself',
    async (format, ending, _, external) => {
      writeFileSync(join(project, 'route.mts'), ROUTE)
      writeFileSync(join(project, 'server.mjs'), SERVER)
      const data = folder.file(`data-${format}-${external.length}-`)
      const bundle = `.next/server/app/api/${external.length}/route.${ending}`
      await bundleUp(project, 'route.mts', bundle, { format, external: [...external], minify: true })
      expect(await runNode(project, 'server.mjs', data, `./${bundle}`)).toBe('20 true\n')
    },
  )
})

const NATIVE = ['better-sqlite3', 'fs-native-extensions']
const OURS = ['@audit/core', '@audit/sqlite', '@audit/jsonl']

/**
 * A route of a web framework that bundles its server, such as Next.js, which keeps what `serverExternalPackages` names
 * outside. It closes nothing, as no route does.
 */
const ROUTE = `
  import { AuditLog } from '@audit/core'
  import { JsonlBackend } from '@audit/jsonl'
  import { SqliteBackend } from '@audit/sqlite'

  const logs = ['route.db', 'route.jsonl'].map((name, i) => {
    const path = (process.env.DATA ?? '') + name
    return new AuditLog({ backend: i === 0 ? new SqliteBackend({ path }) : new JsonlBackend({ path }) })
  })
  export async function POST(text: string) {
    const entries = await Promise.all(logs.map(log => log.record({ model: 'm', inputText: text, outputText: '' })))
    const counts = await Promise.all(logs.map(log => log.count({ model: 'm' })))
    return entries.every(({ index }, i) => index < counts[i])
  }
`

/** The framework: loads the bundled route, serves some requests at once, and has nothing more to do. */
const SERVER = `
  process.env.DATA = process.argv[2]
  const { POST } = await import(new URL(process.argv[3], import.meta.url))
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => POST('request ' + i)))
  console.log(answers.length, answers.every(answer => answer))
`

const APPLICATION = `
  import { AuditLog } from '@audit/core'
  import { JsonlBackend } from '@audit/jsonl'
  import { SqliteBackend } from '@audit/sqlite'

  async function record() {
    const name = process.argv[2]
    const backends = [new SqliteBackend({ path: name + '.db' }), new JsonlBackend({ path: name + '.jsonl' })]
    const counts = backends.map(async backend => {
      const log = new AuditLog({ backend })
      await log.record({ model: 'm', inputText: 'in', outputText: 'out' })
      const count = await log.count({ model: 'm' })
      await log.close()
      return count
    })
    console.log(...(await Promise.all(counts)))
  }
  record()
`

/** Takes how to connect, and the name of the log. */
const POSTGRES_APPLICATION = `
  import { AuditLog } from '@audit/core'
  import { PostgresBackend } from '@audit/postgres'

  async function record() {
    const [connectionString, name] = process.argv.slice(2)
    const backend = new PostgresBackend({ connectionString, log: name })
    await backend.migrate()
    const log = new AuditLog({ backend })
    await log.record({ model: 'm', inputText: 'in', outputText: 'out' })
    console.log(await log.count({ model: 'm' }))
    await log.close()
  }
  record()
`
