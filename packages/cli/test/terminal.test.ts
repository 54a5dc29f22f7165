import { spawn, spawnSync } from 'node:child_process'
import { outcomeOf, TemporaryFolder } from '@audit/harness'
import stringWidth from 'string-width'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BINARY } from './binary.ts'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

const ESCAPE = '\u001b'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  await writeSampleLogs(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

const COMMANDS = [
  'query audit.db',
  'query audit.db --columns index,time,id,user,model,session,status,cost,latency,tokens,input,output',
  'tail audit.db',
  'stats audit.db',
  'stats audit.db --by user,day',
]

describe.each([40, 60, 80, 120, 200])('a terminal of %i columns', columns => {
  test.each(COMMANDS.filter(command => columns >= 120 || !command.includes('--columns')))(
    '%s fits',
    async command => {
      const { exitCode, stdout } = await runHere(command.split(' '), { cwd: folder.path, columns })
      expect(exitCode).toBe(0)
      const lines = stdout.split('\n')
      expect(lines.length).toBeGreaterThan(3)
      for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
    },
  )
})

test('columns that have no room are named', async () => {
  const { stderr } = await runHere(['query', 'audit.db'], { cwd: folder.path, columns: 60 })
  expect(stderr).toMatch(/not shown: .*output/)
})

test('a narrow table still has the index, the time and the text', async () => {
  const { stdout } = await runHere(['query', 'audit.db', '-n', '1'], { cwd: folder.path, columns: 40 })
  expect(stdout).toMatch(/#\s+time \(UTC\)\s+input/)
})

test('columns stand below their titles, also those of wide characters', async () => {
  const args = ['query', 'audit.db', '--columns', 'output,index', '--oldest', '-n', '5']
  const { stdout } = await runHere(args, { cwd: folder.path, columns: 60, env: { NO_COLOR: '1' } })
  const ends = stdout
    .trimEnd()
    .split('\n')
    .map(line => stringWidth(line))
  expect(new Set(ends).size).toBe(1)
})

describe('colour', () => {
  const hasEscapes = async (env: Readonly<Record<string, string>>, columns?: number) => {
    const { stdout, stderr } = await runHere(['query', 'audit.db'], {
      cwd: folder.path,
      env,
      ...(columns && { columns }),
    })
    return (stdout + stderr).includes(ESCAPE)
  }
  test('is for terminals', async () => {
    expect(await hasEscapes({}, 80)).toBe(true)
    expect(await hasEscapes({})).toBe(false)
  })
  test('is left out with NO_COLOR, and on a terminal that is dumb', async () => {
    expect(await hasEscapes({ NO_COLOR: '1' }, 80)).toBe(false)
    expect(await hasEscapes({ TERM: 'dumb' }, 80)).toBe(false)
  })
})

// `script` of util-linux gives the built binary a terminal.
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false

describe.skipIf(!hasScript)('a real terminal (needs script of util-linux)', () => {
  const onTerminal = async (command: string, env: Readonly<Record<string, string>> = {}) => {
    const line = `stty cols 40; '${process.execPath}' '${BINARY}' ${command}`
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, TERM: 'xterm', ...env },
    })
    return outcomeOf(child)
  }

  test('gets a table of its width, in colour', async () => {
    const { exitCode, output } = await onTerminal('query audit.db')
    expect(exitCode).toBe(0)
    expect(output).toContain(ESCAPE)
    for (const line of output.split('\r\n').slice(0, 40))
      expect(stringWidth(line), line).toBeLessThanOrEqual(40)
  })

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('gets no escapes with %j', async env => {
    const { exitCode, output } = await onTerminal('query audit.db', env)
    expect(exitCode).toBe(0)
    expect(output).not.toContain(ESCAPE)
  })
})
