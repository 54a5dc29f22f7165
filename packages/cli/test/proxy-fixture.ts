import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type AuditEntry, AuditLog } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { onTestFinished } from 'vitest'
import { allOf } from './all-of.ts'
import { startBinary } from './binary.ts'

/** How a proxy is started. */
export interface ProxyOptions {
  /** The name of the log. Default: `audit.db`. */
  readonly log?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
}

/** A running `audit proxy`. It is killed when the test has finished. */
export interface RunningProxy {
  /** `http://127.0.0.1:50123` */
  readonly address: string
  readonly folder: string
  /** The path of its log. */
  readonly path: string
  readonly child: ChildProcess
  /** What it has written to standard error so far. */
  readonly errors: () => string
  /** Sends a signal, and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** The entries that the log holds now. */
  entries(): Promise<readonly AuditEntry[]>
}

/** Starts the built binary on a free port. */
export async function startProxy(options: ProxyOptions = {}): Promise<RunningProxy> {
  const { log = 'audit.db', args = [], env = {}, folder = temporaryFolder() } = options
  const child = startBinary(['proxy', log, '--port', '0', ...args], { cwd: folder, env })
  const ended = once(child, 'close')
  onTestFinished(() => {
    child.kill('SIGKILL')
    return ended.then(() => {})
  })
  let errors = ''
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  const path = join(folder, log)
  const address = await firstLine(child, () => errors)
  return {
    address,
    folder,
    path,
    child,
    errors: () => errors,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await ended
      return child.exitCode
    },
    entries: () => entriesIn(path),
  }
}

async function firstLine(child: ChildProcess, errors: () => string): Promise<string> {
  if (!child.stdout) throw new Error('it has no output')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error(`the proxy did not start: ${errors()}`)
}

/** The entries of a log, in their order. */
export async function entriesIn(path: string): Promise<readonly AuditEntry[]> {
  const backend = path.endsWith('.jsonl')
    ? new JsonlBackend({ path, readOnly: true })
    : new SqliteBackend({ path, readOnly: true })
  const log = new AuditLog({ backend })
  try {
    return await allOf(log.entries())
  } finally {
    await log.close()
  }
}

/** The option that sends what is for OpenAI to a scene of the stand-in. */
export function upstream(scene: Scene, name = 'openai'): readonly string[] {
  return ['--upstream', `${name}=${scene.url.replace(/\/v1$/, '')}`]
}

/** A stand-in for a provider and a proxy before it. */
export async function proxied(
  server: ProviderServer,
  behaviour: Behaviour = 'fine',
  options: ProxyOptions = {},
) {
  const scene = server.scene(behaviour)
  const proxy = await startProxy({ ...options, args: [...upstream(scene), ...(options.args ?? [])] })
  return { scene, proxy, baseURL: `${proxy.address}/openai/v1` }
}
