import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a program ended, and the JSON values that it printed, one a line. */
export interface Outcome {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly unknown[]
  readonly errors: string
}

/** Where a program of `test/programs` lies. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}

/** Runs a program of `test/programs` in a process of its own until it ends by itself. */
export function runProgram(name: string, ...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(spawn(process.execPath, [programPath(name), ...args]))
}

/** The same for a program that permissions are to bind: root, whom they do not, loses that privilege (Linux). */
export function runBoundByPermissions(name: string, ...args: readonly string[]): Promise<Outcome> {
  if (process.getuid?.() !== 0) return runProgram(name, ...args)
  const bound = ['--bounding-set', '-dac_override,-dac_read_search', process.execPath]
  return outcomeOf(spawn('setpriv', [...bound, programPath(name), ...args]))
}

/** Waits for the end of a process. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let output = ''
  let errors = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  const lines = output.split('\n').filter(line => line !== '')
  return { exitCode, signal, lines: lines.map(line => JSON.parse(line)), errors }
}
