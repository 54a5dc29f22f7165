import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, onTestFinished, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url))
/** Runs a command in a terminal of its own (util-linux). */
const SCRIPT = '/usr/bin/script'
const hasScript = process.platform === 'linux' && existsSync(SCRIPT)

/** The demo, in a terminal. */
function inTerminal(args: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { CI: _, DISPLAY: __, WAYLAND_DISPLAY: ___, ...inherited } = process.env // no browser is to open
  const folder = temporaryFolder()
  chmodSync(folder, 0o755) // a demo of root has a server that runs as somebody else
  const command = `"${process.execPath}" "${DEMO}" ${args}`
  const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
    env: { ...inherited, TMPDIR: folder, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** The address that the demo prints; `undefined` if it ends without one. */
async function addressOf({ stdout }: ChildProcess): Promise<string | undefined> {
  let output = ''
  for await (const data of stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(data)
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}/.exec(output) ?? []
    if (address !== undefined) return address
  }
  return undefined
}

test.skipIf(!hasScript).each(['sqlite', 'jsonl', 'postgres'])(
  'in a terminal, the demo on %s ends by serving its log as a page, until Ctrl-C (skipped without util-linux)',
  async backend => {
    const child = inTerminal(`--backend ${backend}`)
    const address = await addressOf(child)
    const letIn = await fetch(address ?? '', { redirect: 'manual' })
    const cookie = letIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const log = await fetch(new URL('/api/log', address), { headers: { cookie } })
    expect(await log.json()).toMatchObject({ size: 12 })
    const ended = once(child, 'exit')
    child.stdout?.resume()
    child.stdin?.write('\u0003')
    await ended
    await expect(fetch(address ?? '')).rejects.toThrow()
  },
)

test.skipIf(!hasScript).each<[string, NodeJS.ProcessEnv]>([
  ['--no-view', {}],
  ['--backend memory', {}],
  ['', { CI: 'true' }],
])('with %j and %j there is no page (skipped without util-linux)', async (args, env) => {
  const child = inTerminal(args, env)
  const ended = once(child, 'exit')
  expect(await addressOf(child)).toBeUndefined()
  expect(await ended).toEqual([0, null])
})
