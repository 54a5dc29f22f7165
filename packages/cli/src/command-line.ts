import type { Command } from 'commander'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'

/** What a command does: its context, then what commander passes to an action. It resolves with how it ends; nothing is 0. */
export type Handler<Args extends readonly unknown[]> = (
  context: Context,
  ...args: Args
) => Promise<ExitCode | undefined> | Promise<void>

/** Makes commander's action of a handler. */
export type Run = <Args extends readonly unknown[]>(
  handler: Handler<Args>,
) => (...args: Args) => Promise<void>

/** Adds one command to the program. Each file in `commands` exports one. */
export type AddCommand = (program: Command, run: Run) => void

/** The headings of the commands in `audit --help`. */
export const GROUPS = {
  look: 'Look:',
  trust: 'Trust:',
  move: 'Move:',
  record: 'Record:',
  other: 'Other:',
} as const

/** A command line, and what it is good for. */
export type Example = readonly [commandLine: string, purpose: string]

/** Adds examples, which help shows first. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([commandLine, purpose]) => `  # ${purpose}\n  ${commandLine}\n`)
  return command.addHelpText('before', `Examples:\n${lines.join('\n')}`)
}
