import { type ChildProcess, execFile } from 'node:child_process'

/** How a process ended, and what it printed. */
export interface Outcome {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** Waits for the end of a process. Rejects only when it could not be started. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let output = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  return { exitCode, signal, output, errors }
}

/** Runs a program in a folder until it ends, and gives what it printed. Rejects, with all its output, when it fails. */
export function runCommand(cwd: string, program: string, args: readonly string[]): Promise<string> {
  const shell = process.platform === 'win32' && !program.endsWith('.exe') // npm and pnpm are scripts there
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env: ownEnvironment(), shell }, (error, output, errors) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}\n${output}\n${errors}`, { cause: error }))
      else resolve(output)
    })
  })
}

/** Runs node in a folder, likewise. */
export function runNode(cwd: string, ...args: readonly string[]): Promise<string> {
  return runCommand(cwd, process.execPath, args)
}

/**
 * The environment as it would be in a terminal. A package manager that started the tests leaves its own folders in
 * `NODE_PATH`, where Node would find what is not installed, and `npx -c` leaves its own arguments, which an inner
 * `npx` would take for its own.
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_PATH: _, npm_config_call: __, npm_config_package: ___, ...env } = process.env
  return env
}
