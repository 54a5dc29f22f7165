import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { AddCommand, Run } from './command-line.ts'
import { addCheck } from './commands/check.ts'
import { addCheckpoint } from './commands/checkpoint.ts'
import { addCompletion } from './commands/completion.ts'
import { addConvert } from './commands/convert.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExport } from './commands/export.ts'
import { addImport } from './commands/import.ts'
import { addKeygen } from './commands/keygen.ts'
import { addProve } from './commands/prove.ts'
import { addProxy } from './commands/proxy.ts'
import { addQuery } from './commands/query.ts'
import { addShow } from './commands/show.ts'
import { addStats } from './commands/stats.ts'
import { addTail } from './commands/tail.ts'
import { addVerify } from './commands/verify.ts'
import { addView } from './commands/view.ts'
import type { Context } from './context.ts'
import { safeLines } from './output/safe-text.ts'

/** In the order of `audit --help`. */
const COMMANDS: readonly AddCommand[] = [
  ...[addQuery, addShow, addTail, addStats, addView],
  ...[addVerify, addDoctor, addKeygen, addCheckpoint, addProve, addCheck],
  ...[addExport, addImport, addConvert],
  addProxy,
  addCompletion,
]

/** How a program is made. */
export interface ProgramOptions {
  /** Whether it writes what is wrong with a command line; the error that it throws says it too. */
  readonly errors: boolean
}

/** Makes the program with all its commands. It writes to the context alone, and throws where it would end the process. */
export function createProgram(context: Context, run: Run, { errors }: ProgramOptions): Command {
  const { stdout, stderr } = context
  const program = new Command('audit')
    .description(
      'Looks into a log of interactions with language models, and proves what is in it. A log is never changed.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what a command takes, with examples')
    .helpCommand('help [command]', 'print what a command takes, with examples')
    .showHelpAfterError(errors && '(run it with --help to see what it takes)')
    .exitOverride()
    .configureOutput({
      writeOut: text => void stdout.write(text).catch(() => {}), // `run` waits until all is written, and says if it is not
      writeErr: text => {
        if (errors) void stderr.write(text).catch(() => {})
      },
      outputError: (text, write) => write(safeLines(text.replace(/^error: /, 'audit: '))),
      getOutHelpWidth: () => stdout.columns,
      getErrHelpWidth: () => stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ subcommandTerm: command => command.name() })
  for (const add of COMMANDS) add(program, run)
  return program
}

/**
 * The arguments, or only the command where there is none of that name: commander answers `help nope` and `nope --help` with all of
 * the help, and an error says what was meant.
 */
export function knownCommand(program: Command, args: readonly string[]): readonly string[] {
  const [first = '', second = ''] = args
  const name = first === 'help' ? second : first
  const names = program.commands.map(command => command.name())
  return name === '' || name.startsWith('-') || names.includes(name) ? args : [name]
}

function version(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
