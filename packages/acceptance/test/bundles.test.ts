import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runNode, TemporaryFolder } from '@audit/harness'
import { nodeFileTrace } from '@vercel/nft'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import webpack from 'webpack'
import { installInto } from './installed-packages.ts'

const HERE = fileURLToPath(new URL('..', import.meta.url))

/** How an application is made into one file. */
type Bundler = (application: string, bundle: string, format: Format) => Promise<void>
type Format = 'esm' | 'cjs'

/** `includes`: what a tracer does not see in a bundle, and has to be told of; docs/bundling.md says how. */
const BACKENDS = [
  { backend: 'sqlite', className: 'SqliteBackend', native: 'better-sqlite3', includes: [] },
  {
    backend: 'jsonl',
    className: 'JsonlBackend',
    native: 'fs-native-extensions',
    includes: ['node_modules/fs-native-extensions/prebuilds'],
  },
] as const

let folder: TemporaryFolder
beforeAll(() => {
  folder = new TemporaryFolder()
})
afterAll(() => folder[Symbol.dispose]())

describe.each(BACKENDS)('an application on $backend', ({ backend, className, native, includes }) => {
  /** Where it was developed. It moves away before anything runs. */
  let project: string
  /** What stands in for another machine. */
  let machine: string
  /** What is installed there, beside the application. */
  let deployed: string

  const bundlers: Record<string, Bundler> = { webpack: byWebpack, esbuild: byEsbuild }
  const bundles = Object.keys(bundlers).flatMap(bundler =>
    (['esm', 'cjs'] as const).map(format => ({ bundler, format, file: nameOf(bundler, format) })),
  )

  function nameOf(bundler: string, format: Format): string {
    return `${bundler}.${format === 'esm' ? 'mjs' : 'cjs'}`
  }

  beforeAll(async () => {
    project = folder.file(`${backend}-project`)
    machine = folder.file(`${backend}-machine`)
    deployed = join(machine, 'app')
    mkdirSync(project)
    mkdirSync(join(deployed, 'dist'), { recursive: true })
    installInto(project, HERE, ['@audit/core', `@audit/${backend}`])
    writeFileSync(join(project, 'app.mjs'), applicationOn(backend, className))
    await Promise.all(
      bundles.map(({ bundler, format, file }) =>
        bundlers[bundler]?.(join(project, 'app.mjs'), join(project, 'dist', file), format),
      ),
    )
    await traceInto(join(machine, 'traced'), project, join(project, 'app.mjs'))
    for (const { file } of bundles) {
      const traced = join(machine, `traced-${file}`)
      await traceInto(traced, project, join(project, 'dist', file))
      for (const path of includes) cpSync(join(project, path), join(traced, path), { recursive: true })
    }
    installInto(deployed, join(project, 'node_modules', '@audit', backend), [native])
    cpSync(join(project, 'dist'), join(deployed, 'dist'), { recursive: true })
    renameSync(project, `${project}-gone`)
  })

  /** Runs a program elsewhere, so that nothing is found from the working folder unless it is meant to. */
  function run(program: string, cwd = folder.path, ...args: readonly string[]): Promise<string> {
    return runNode(cwd, program, ...args, folder.file(`${crypto.randomUUID()}.log`))
  }

  test.each(bundles)('bundled by $bundler to $format runs where it is moved', async ({ file }) => {
    expect(await run(join(deployed, 'dist', file))).toBe('1\n')
  })

  test('bundled and started by a program elsewhere, it runs in its working folder', async () => {
    const launcher = folder.file('launcher.mjs')
    writeFileSync(launcher, 'await import(process.argv[2])')
    expect(await run(launcher, deployed, pathToFileURL(join(deployed, 'dist/webpack.mjs')).href)).toBe('1\n')
  })

  test('runs from a copy of what a file tracer finds', async () => {
    expect(await run(join(machine, 'traced', 'app.mjs'))).toBe('1\n')
  })

  test.each(bundles)(
    'bundled by $bundler to $format runs from a copy of what a file tracer finds',
    async ({ file }) => {
      expect(await run(join(machine, `traced-${file}`, 'dist', file))).toBe('1\n')
    },
  )

  test('finds what is whole behind a copy without its binary', async () => {
    const bare = join(machine, 'bare')
    installInto(bare, deployed, [native])
    rmSync(join(bare, 'node_modules', native, 'prebuilds'), { recursive: true })
    cpSync(join(deployed, 'dist'), join(bare, 'dist'), { recursive: true })
    expect(await run(join(bare, 'dist/webpack.mjs'), deployed)).toBe('1\n')
  })

  test('says what it lacks', async () => {
    const empty = join(machine, 'empty')
    mkdirSync(empty)
    copyFileSync(join(deployed, 'dist/webpack.cjs'), join(empty, 'app.cjs'))
    expect(await run(join(empty, 'app.cjs'))).toBe('AUDIT_OPEN_FAILED\n')
  })

  async function byWebpack(application: string, bundle: string, format: Format): Promise<void> {
    const isEsm = format === 'esm'
    const compiler = webpack({
      mode: 'production',
      target: 'node22',
      context: dirname(application),
      entry: application,
      ...(isEsm && { experiments: { outputModule: true } }),
      output: {
        path: dirname(bundle),
        filename: `${nameOf('webpack', format)}`,
        module: isEsm,
        chunkFormat: isEsm ? 'module' : 'commonjs',
      },
      externals: { [native]: `${isEsm ? 'module' : 'commonjs'} ${native}` },
    })
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        const errors = stats?.toJson({ all: false, errors: true, warnings: true })
        const faults = [...(errors?.errors ?? []), ...(errors?.warnings ?? [])]
        if (error || faults.length > 0)
          reject(error ?? new Error(faults.map(({ message }) => message).join('\n')))
        else resolve()
      })
    })
  }

  async function byEsbuild(application: string, bundle: string, format: Format): Promise<void> {
    await build({
      absWorkingDir: dirname(application),
      entryPoints: [application],
      outfile: bundle,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      external: [native],
      logLevel: 'error',
    })
  }
})

const CACHE = {}

/** Copies what a tracer finds for a program into an empty folder, as a standalone deployment does. */
async function traceInto(target: string, project: string, program: string): Promise<void> {
  const { fileList } = await nodeFileTrace([program], { base: project, cache: CACHE })
  for (const file of fileList) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    copyFileSync(join(project, file), join(target, file))
  }
}

/** Prints the count after one record, or the code of what fails. */
function applicationOn(backend: string, className: string): string {
  return `
    import { AuditLog } from '@audit/core'
    import { ${className} } from '@audit/${backend}'

    async function record() {
      const log = new AuditLog({ backend: new ${className}({ path: process.argv.at(-1) }) })
      await log.record({ model: 'm', inputText: 'in', outputText: 'out' })
      console.log(await log.count())
      await log.close()
    }
    record().catch(error => console.log(error.code ?? error))
  `
}
