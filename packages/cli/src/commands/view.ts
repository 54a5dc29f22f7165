import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import { SESSION_KEY } from '../filters/filter-options.ts'
import { addLogArgument } from '../log/log-options.ts'
import { addCheckpointOption, addTrustOptions } from '../trust/trust-options.ts'
import type { ViewOptions } from '../view/view.ts'

/** Adds `audit view`. */
export function addView(program: Command, run: Run): void {
  const command = program
    .command('view')
    .helpGroup(GROUPS.look)
    .summary('serve the log as a page on this machine')
    .description(
      'Serves a page about the log on 127.0.0.1, for the browser that opens the printed address first. ' +
        'It only reads. Ctrl-C ends it.',
    )
  addExamples(command, [
    ['audit view audit.db', 'look at a log'],
    ['audit view audit.db --open', 'and open the page'],
    [
      'audit view audit.db --checkpoint checkpoint.txt --key audit.pub',
      'say whether the log still is what was signed, and make receipts',
    ],
  ])
  addLogArgument(command)
    .option('--port <number>', 'the port to listen on (default: one that is free)')
    .option('--open', 'open the page in the browser of this desktop')
    .option('--session-key <key>', 'the key of the metadata that groups entries into sessions', SESSION_KEY)
  addCheckpointOption(
    command,
    'a checkpoint that was kept elsewhere, for the verdict and for receipts; may be repeated',
  )
  addTrustOptions(command).action(
    run(async (context, log: string, options: ViewOptions) => {
      const { view } = await import('../view/view.ts')
      return view(context, log, options)
    }),
  )
}
