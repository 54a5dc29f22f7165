import { spawn } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { outcomeOf } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { writeAttackedLogs } from './attacked-logs.ts'
import { BINARY, runBinary } from './binary.ts'

async function place() {
  const folder = temporaryFolder()
  await writeAttackedLogs(folder)
  return { folder, file: (name: string) => join(folder, name) }
}

/** What each command writes, and who may read it: a checkpoint is for everybody, what people asked is not. */
const WRITERS = [
  ['checkpoint', 'checkpoint audit.db --key audit.key -o new', 0o644],
  ['export', 'export audit.db -o new', 0o600],
  ['prove', 'prove audit.db 17 --key audit.key -o new', 0o600],
  ['keygen', 'keygen example.com/new -o new', 0o600],
] as const

describe.skipIf(process.platform === 'win32')('a file that a command writes', () => {
  test.each(WRITERS)('%s: is written by its owner alone, whatever the umask is', async (_, line, mode) => {
    const { folder, file } = await place()
    const script = `umask 0; exec "${process.execPath}" "${BINARY}" ${line}`
    const { exitCode, errors } = await outcomeOf(spawn('bash', ['-c', script], { cwd: folder }))
    expect(exitCode, errors).toBe(0)
    expect(statSync(file('new')).mode & 0o777).toBe(mode)
  })

  test.each([...WRITERS.map(([, line]) => line), 'convert audit.db new'])(
    '%s: does not take the place of a link to nothing',
    async line => {
      const { folder, file } = await place()
      symlinkSync('nowhere', file('new'))
      const before = readdirSync(folder).toSorted()
      const { exitCode, output, errors } = await runBinary(line.split(' '), { cwd: folder })
      expect({ exitCode, output }, errors).toEqual({ exitCode: 2, output: '' })
      expect(lstatSync(file('new')).isSymbolicLink()).toBe(true)
      expect(readdirSync(folder).toSorted()).toEqual(before)
    },
  )
})

test.skipIf(process.platform === 'win32')(
  'what is not finished when the process ends is removed, as after a second Ctrl-C',
  async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'tmp'))
    const source = (name: string) => JSON.stringify(new URL(`../src/${name}`, import.meta.url).href)
    const program = `
import { openTarget } from ${source('output/written-file.ts')}
import { privateFolder } from ${source('private-folder.ts')}
import { lockLog } from ${source('log/log-lock.ts')}
import { Draft } from ${source('convert/draft.ts')}
import { writeFileSync } from 'node:fs'
const context = { cwd: process.cwd() }
await (await openTarget(context, 'new.csv')).write('a secret')
const { path } = await privateFolder()
writeFileSync(path + '/received', 'a secret')
const target = { kind: 'file', path: process.cwd() + '/copy.db', name: 'copy.db' }
await lockLog(target, new AbortController().signal)
const draft = await Draft.of(target)
writeFileSync(draft.location.path, 'a secret')
writeFileSync(draft.location.path + '-wal', 'a secret')
process.exit(130)`
    const args = ['--no-warnings', '--input-type=module-typescript', '-e', program]
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, TMPDIR: join(folder, 'tmp') },
    })
    const { exitCode, errors } = await outcomeOf(child)
    expect(exitCode, errors).toBe(130)
    expect(readdirSync(folder).toSorted()).toEqual(['tmp'])
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
  },
)
