import { spawn } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@audit/harness/vitest'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { openLog } from './open-log.ts'
import { type Outcome, outcomeOf } from './run-program.ts'

const here = dirname(fileURLToPath(import.meta.url))

/** Runs a bundle from elsewhere, without the NODE_PATH by which package managers make up for what is not installed. */
function run(bundle: string, path: string): Promise<Outcome> {
  const env = { ...process.env, NODE_PATH: '' }
  return outcomeOf(spawn(process.execPath, [bundle, path], { cwd: '/', env }))
}

test.each([
  ['esm', 'mjs', false],
  ['esm', 'mjs', true],
  ['cjs', 'cjs', false],
  ['cjs', 'cjs', true],
] as const)(
  'an application bundled into one file, as %s (.%s, minified: %s)',
  async (format, ending, minify) => {
    const folder = temporaryFolder()
    await build({
      entryPoints: [join(here, 'programs/record-and-print.ts')],
      outfile: join(folder, `app.${ending}`),
      bundle: true,
      minify,
      format,
      platform: 'node',
      external: ['better-sqlite3'],
      logLevel: 'error',
    })
    // What the application has installed.
    symlinkSync(join(here, '../node_modules'), join(folder, 'node_modules'))
    const path = join(folder, 'audit.db')
    const child = spawn(process.execPath, [join(folder, `app.${ending}`), path], { cwd: '/' })
    expect(await outcomeOf(child)).toEqual({ exitCode: 0, signal: null, lines: [1, []], errors: '' })
    expect(await openLog(path).count()).toBe(1)
  },
)

test('a bundle without better-sqlite3 at hand says so', async () => {
  const folder = temporaryFolder()
  const outfile = join(folder, 'app.mjs')
  await build({
    entryPoints: [join(here, 'programs/record-and-print.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  const { lines } = await run(outfile, join(folder, 'audit.db'))
  expect(lines).toEqual(['AUDIT_OPEN_FAILED'])
})
