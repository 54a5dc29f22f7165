import { type Command, Option } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { ConvertOptions } from '../convert/convert.ts'
import { addLogOptions } from '../log/log-options.ts'

/** Adds `audit convert`. */
export function addConvert(program: Command, run: Run): void {
  const command = program
    .command('convert')
    .helpGroup(GROUPS.move)
    .summary('copy the log to another backend, line by line')
    .description(
      'Copies every entry with its index, id and time, and shows that both logs have the same root: checkpoints and receipts ' +
        'of one are good for the other. A file appears once it is whole, and never over another. ' +
        'The log is verified first. If it is damaged, what is wrong is named, what can be read is copied, and the command ends with 1.',
    )
  addExamples(command, [
    ['audit convert audit.db audit.jsonl', 'From SQLite to a text file'],
    [
      'audit convert audit.jsonl postgres:// --to-log chat',
      'Into PostgreSQL; AUDIT_POSTGRES_URL says how to connect',
    ],
  ])
  addLogOptions(
    command
      .argument('<log>', 'the log: an SQLite or JSONL file, or postgres:// (see --log)')
      .argument('<log2>', 'the new log: a file that does not exist yet, or postgres:// (see --to-log)'),
  )
    .addOption(
      new Option('--to <kind>', 'what the new file becomes; otherwise its name says so').choices([
        'sqlite',
        'jsonl',
      ]),
    )
    .option('--to-log <name>', 'which log of a PostgreSQL database is the new one (default: "default")')
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, log: string, log2: string, options: ConvertOptions) => {
        const { convert } = await import('../convert/convert.ts')
        return convert(context, log, log2, options)
      }),
    )
}
