import { CommanderError } from 'commander'
import { CommandError } from './command-error.ts'
import type { Run } from './command-line.ts'
import type { Context } from './context.ts'
import { codeOf } from './error-code.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { plainMessage } from './output/plain-message.ts'
import { safeLines, safeText } from './output/safe-text.ts'
import { createProgram } from './program.ts'
import { ClosedPipe, Interruption } from './stopping.ts'

/**
 * Runs a command line: `run(['query', 'audit.db'], context)`. It never rejects, and writes to the context alone.
 *
 * @returns how it ended, once all output is written.
 */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  try {
    return await runProgram(args, context)
  } catch (error) {
    return failed(error, context)
  }
}

async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const runHandler: Run =
    handler =>
    async (...given) => {
      exitCode = (await handler(context, ...given)) ?? EXIT.ok
    }
  await createProgram(context, runHandler).parseAsync([...args], { from: 'user' })
  await context.stdout.flush()
  return exitCode
}

async function failed(error: unknown, context: Context): Promise<ExitCode> {
  const { signal, stdout } = context
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) return EXIT.failed
    return stdout.flush().then(
      () => EXIT.ok, // help was asked for
      unwritten => failed(unwritten, context),
    )
  }
  if (signal.aborted && signal.reason instanceof Interruption) return signal.reason.exitCode
  if (signal.aborted && signal.reason instanceof ClosedPipe) return EXIT.ok
  await report(error, context).catch(() => {}) // there is nowhere else to say it
  return isDamage(error) ? EXIT.finding : EXIT.failed
}

/** A log that is damaged is found to be so by every command alike. */
function isDamage(error: unknown): boolean {
  return codeOf(error) === 'AUDIT_CORRUPT'
}

async function report(error: unknown, { stderr }: Context): Promise<void> {
  const { AuditError } = await import('@audit/core')
  const prefix = stderr.style('red', 'audit:')
  if (error instanceof CommandError || error instanceof AuditError) {
    return stderr.line(`${prefix} ${safeText(plainMessage(error.message))}`)
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  await stderr.line(`${prefix} this is a fault of the command itself; please report it with these lines:`)
  await stderr.line(safeLines(details))
}
