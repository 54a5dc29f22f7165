import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as harness from '@audit/harness'

/** How a program ended, and the JSON values that it printed, one a line. */
export interface Outcome extends Omit<harness.Outcome, 'output'> {
  readonly lines: readonly unknown[]
}

/** Where a program of `test/programs` lies. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}

/** Runs a program of `test/programs` in a process of its own until it ends by itself. */
export function runProgram(name: string, ...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(spawn(process.execPath, [programPath(name), ...args]))
}

/** The same for a program that permissions are to bind, also where root runs it (Linux). */
export function runBoundByPermissions(name: string, ...args: readonly string[]): Promise<Outcome> {
  const [program, ...more] = harness.boundByPermissions(programPath(name), ...args)
  return outcomeOf(spawn(program, more))
}

/** Waits for the end of a process. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const { output, ...outcome } = await harness.outcomeOf(child)
  const lines = output.split('\n').filter(line => line !== '')
  return { ...outcome, lines: lines.map(line => JSON.parse(line)) }
}
