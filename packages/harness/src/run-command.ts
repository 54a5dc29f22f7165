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

/** Settings of npm that say where packages come from, and not how a command was called. */
const SOURCE = /^npm_config_(?:.*registry|cache|.*proxy|cafile|userconfig)$/

/**
 * The environment as it would be in a terminal. A package manager that started the tests leaves its own folders in
 * `NODE_PATH`, where Node would find what is not installed, and npm leaves its own options, which an inner npm would take
 * for its own, such as the command of `npx -c`, and the folder of `npm --prefix`.
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOwn = ([name]: readonly [string, unknown]) =>
    name !== 'NODE_PATH' && (!name.startsWith('npm_config_') || SOURCE.test(name))
  return Object.fromEntries(Object.entries(process.env).filter(isOwn))
}
