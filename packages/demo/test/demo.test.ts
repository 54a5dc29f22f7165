import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AuditLog } from '@audit/core'
import { provideServer, TemporaryFolder } from '@audit/harness'
import { JsonlBackend } from '@audit/jsonl'
import { PostgresBackend } from '@audit/postgres'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url))
const SAMPLE = fileURLToPath(new URL('../sample.jsonl', import.meta.url))

const temporary = new TemporaryFolder()
const folder = temporary.path
beforeAll(() => chmod(folder, 0o755)) // a demo of root has a server that runs as somebody else
afterAll(() => temporary[Symbol.dispose]())

/** The environment of a demo, with the system's temporary folder inside the test's. */
const environment = () => ({ ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder, NO_COLOR: '1' })

interface Run {
  readonly exitCode: unknown
  readonly output: string
  readonly errors: string
}

/** Runs the demo as a user does. */
const demo = (...args: readonly string[]) => demoIn({}, ...args)

/** Runs the demo with changes to its environment. */
function demoIn(changes: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Run> {
  return new Promise(done => {
    const env = { ...environment(), ...changes }
    execFile(process.execPath, [DEMO, ...args], { env }, (error, output, errors) =>
      done({ exitCode: error?.code ?? 0, output, errors }),
    )
  })
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const exchange = (fields: object) =>
  JSON.stringify({ model: 'm', input_text: 'in', output_text: 'out', ...fields })

const sample = async () =>
  (await readFile(SAMPLE, 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

test('records the sample into SQLite, in a new file each time, and says where', async () => {
  const runs = [await demo(), await demo()]
  const paths = runs.map(({ output }) => /^ {2}(.*audit\.db)$/m.exec(output)?.[1] ?? '')
  expect(new Set(paths).size).toBe(2)
  for (const path of paths) {
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    const stored = (await log.query()).map(e => [
      e.model,
      e.user,
      e.inputText,
      e.outputText,
      e.costUsd ?? undefined,
    ])
    expect(stored).toEqual(
      (await sample()).map(x => [x.model, x.user, x.input_text, x.output_text, x.cost_usd]),
    )
  }
})

test.each([
  ['sqlite', 7],
  ['jsonl', 4],
  ['postgres', 8],
  ['memory', 4],
])('on %s, shows the entries and every refused change, within 80 columns', async (backend, refusals) => {
  const { exitCode, output, errors } = await demo('--backend', backend)
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  for (const { user, model } of await sample()) expect(output).toMatch(new RegExp(`${user} +${model} `))
  const refused = output.match(/no such method|read only|not extensible|append-only/g)
  expect(refused).toHaveLength(refusals)
  const tooLong = output.split('\n').filter(line => line.length > 80 && !line.includes(folder))
  expect(tooLong).toEqual([])
})

test('records the file that is named, all of it, and goes on with a log that is there', async () => {
  const lines = Array.from({ length: 600 }, (_, i) => exchange({ user: 'a\u2028b', metadata: { i } }))
  const input = await file('long.jsonl', `\uFEFF${lines.join('\r\n')}\n\n`)
  const path = join(folder, 'kept.jsonl')
  for (const expected of [600, 1200]) {
    expect(await demo(input, '--backend', 'jsonl', '--path', path)).toMatchObject({ exitCode: 0, errors: '' })
    await using log = new AuditLog({ backend: new JsonlBackend({ path }) })
    expect(await log.count({ user: 'a\u2028b' })).toBe(expected)
  }
})

test('goes on with a log in the database of AUDIT_POSTGRES_URL, and shows no password', async () => {
  const server = await provideServer()
  onTestFinished(() => server.stop())
  const { url } = server
  const log = `demo's "${folder}"`
  for (const expected of [12, 24]) {
    const { exitCode, output, errors } = await demoIn(
      { AUDIT_POSTGRES_URL: url },
      ...['--backend', 'postgres', '--log', log],
    )
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    expect(output).not.toMatch(/:\/\/.*@/)
    await using kept = new AuditLog({ backend: new PostgresBackend({ connectionString: url, log }) })
    expect(await kept.count()).toBe(expected)
  }
})

test.skipIf(process.env.AUDIT_POSTGRES_URL || process.platform === 'win32')(
  'a signal ends the server that the demo has started (not with one of AUDIT_POSTGRES_URL; Windows has no signals)',
  async () => {
    const input = await file('many.jsonl', `${exchange({})}\n`.repeat(20_000))
    const before = readdirSync(folder)
    const child = spawn(process.execPath, [DEMO, input, '--backend', 'postgres'], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'readable') // it begins to record
    const [pidFile = ''] = globSync('**/postmaster.pid', { cwd: folder })
    const pid = Number.parseInt(readFileSync(join(folder, pidFile), 'utf8'), 10)
    expect(process.kill(pid, 0)).toBe(true)
    child.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(readdirSync(folder)).toEqual(before)
  },
)

test('texts command neither the terminal nor the table', async () => {
  const input = await file('wild.jsonl', exchange({ user: '\u001b[2Ju\tv', input_text: 'one\n\u202Etwo' }))
  const { output } = await demo(input, '--backend', 'memory')
  expect(output).toMatch(/ {2}\[2Ju v +m +– +– +one two$/m)
})

test.each<[string, string, RegExp]>([
  ['no JSON', '{', /line 2: /],
  ['no object', '[]', /line 2: not a JSON object/],
  ['a missing text', '{"model":"m","input_text":""}', /line 2: output_text /],
  ['an empty model', exchange({ model: '' }), /line 2: model /],
  ['a negative cost', exchange({ cost_usd: -1 }), /line 2: cost_usd /],
  ['an unknown key', exchange({ usr: 'me' }), /line 2: unknown key "usr"/],
])('a line with %s is named, and nothing is recorded', async (_, line, message) => {
  const path = join(folder, 'untouched.db')
  const { exitCode, errors } = await demo(
    await file('wrong.jsonl', `${exchange({})}\n${line}\n`),
    '--path',
    path,
  )
  expect(exitCode).toBe(1)
  expect(errors).toMatch(message)
  expect(errors).not.toMatch(/^ +at /m)
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test.each<[string, readonly string[]]>([
  ['a missing file', ['missing.jsonl']],
  ['a folder instead of a file', ['.']],
  ['two files', [SAMPLE, SAMPLE]],
  ['an unknown backend', ['--backend', 'paper']],
  ['an unknown option', ['--colour']],
  ['a path in memory', ['--backend', 'memory', '--path', 'x']],
  ['a path in PostgreSQL', ['--backend', 'postgres', '--path', 'x']],
  ['the name of a log in a file', ['--log', 'x']],
  ['a log of another format', ['--path', SAMPLE]],
])('%s is refused without a stack', async (_, args) => {
  const { exitCode, output, errors } = await demo(...args)
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' })
  expect(errors).toMatch(/^The demo stopped: /)
  expect(errors).not.toMatch(/^ +at /m)
})

test.each<[string, NodeJS.ProcessEnv]>([
  ['that cannot be reached', { AUDIT_POSTGRES_URL: 'postgres://me:secret@127.0.0.1:1/db' }],
  ['of another kind', { AUDIT_POSTGRES_URL: 'mysql://me:secret@127.0.0.1:1/db' }],
  ['that cannot be started', { AUDIT_POSTGRES_URL: '', TMPDIR: '/missing', TEMP: '/missing' }],
])('a server %s is refused without a stack or a password', async (_, changes) => {
  const { exitCode, output, errors } = await demoIn(changes, '--backend', 'postgres')
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' })
  expect(errors).toMatch(/^The demo stopped: /)
  expect(errors).not.toMatch(/^ +at |secret/m)
})

test('a file without exchanges or in another encoding is refused', async () => {
  const latin1 = join(folder, 'latin1.jsonl')
  await writeFile(latin1, Buffer.from(exchange({ user: 'é' }), 'latin1'))
  for (const path of [await file('empty.jsonl', '\n'), latin1]) {
    expect(await demo(path)).toMatchObject({ exitCode: 1, output: '' })
  }
})
