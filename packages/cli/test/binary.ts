import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Outcome, outcomeOf } from '@audit/harness'

/** The built binary. */
export const BINARY = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** How the binary is started. */
export interface BinaryOptions {
  readonly cwd?: string
  /** Besides the environment of the tests, without what says how they are shown. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
}

/** Runs the built binary to its end. */
export async function runBinary(
  args: readonly string[],
  { stdin = '', ...options }: BinaryOptions = {},
): Promise<Outcome> {
  const child = startBinary(args, options)
  child.stdin?.on('error', () => {}).end(stdin) // a command that does not read it closes it
  return outcomeOf(child)
}

/** Starts the built binary, with pipes for all its streams. */
export function startBinary(args: readonly string[], { cwd, env }: BinaryOptions = {}): ChildProcess {
  const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, ...inherited } = process.env
  const options: SpawnOptions = { stdio: 'pipe', env: { ...inherited, ...env } }
  return spawn(process.execPath, [BINARY, ...args], cwd === undefined ? options : { ...options, cwd })
}
