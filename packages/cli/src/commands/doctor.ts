import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { DoctorOptions } from '../doctor/doctor.ts'
import { addLogArgument } from '../log/log-options.ts'

/** Adds `audit doctor`. */
export function addDoctor(program: Command, run: Run): void {
  const command = program
    .command('doctor')
    .helpGroup(GROUPS.trust)
    .summary('examine the log and its surroundings')
    .description(
      'Looks at what a log needs: its file, permissions, format, settings, disk and clock, and says what to do about each. ' +
        'It works on what cannot be opened too, and changes nothing. It names the calls that never ended, if the application ' +
        'records intents. Ends with 1 if there is a problem.',
    )
  addExamples(command, [
    ['audit doctor audit.db', 'Why can the application not open its log?'],
    ['audit doctor audit.db --json', 'The same for a program'],
  ])
  addLogArgument(command)
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, log: string, options: DoctorOptions) => {
        const { doctor } = await import('../doctor/doctor.ts')
        return doctor(context, log, options)
      }),
    )
}
