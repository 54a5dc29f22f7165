import { CommanderError } from 'commander'
import { CommandError } from './command-error.ts'
import type { Run } from './command-line.ts'
import type { Context } from './context.ts'
import { codeOf } from './error-code.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { plainMessage } from './output/plain-message.ts'
import { safeJson, safeLines, safeText } from './output/safe-text.ts'
import { createProgram, knownCommand } from './program.ts'
import { ClosedPipe, Interruption } from './stopping.ts'

/**
 * Runs a command line: `run(['query', 'audit.db'], context)`. It never rejects, and writes to the context alone. With `--json`,
 * an error is an object on standard error.
 *
 * @returns how it ended, once all output is written.
 */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const isJson = args.slice(0, args.indexOf('--') >>> 0).includes('--json') // what follows -- is no option
  try {
    return await runProgram(args, context, isJson)
  } catch (error) {
    return failed(error, context, isJson)
  }
}

async function runProgram(args: readonly string[], context: Context, isJson: boolean): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const runHandler: Run =
    handler =>
    async (...given) => {
      exitCode = (await handler(context, ...given)) ?? EXIT.ok
    }
  const program = createProgram(context, runHandler, { errors: !isJson })
  await program.parseAsync(knownCommand(program, args), { from: 'user' })
  await context.stdout.flush()
  return exitCode
}

async function failed(error: unknown, context: Context, isJson: boolean): Promise<ExitCode> {
  const { signal, stdout } = context
  if (error instanceof CommanderError && error.exitCode === 0) {
    return stdout.flush().then(
      () => EXIT.ok, // help was asked for
      unwritten => failed(unwritten, context, isJson),
    )
  }
  if (signal.aborted && signal.reason instanceof Interruption) return signal.reason.exitCode
  if (signal.aborted && signal.reason instanceof ClosedPipe) return EXIT.ok
  const report = isJson ? reportJson : reportText
  await report(error, context).catch(() => {}) // there is nowhere else to say it
  return isDamage(error) ? EXIT.finding : EXIT.failed
}

/** A log that is damaged is found to be so by every command alike. */
function isDamage(error: unknown): boolean {
  return codeOf(error) === 'AUDIT_CORRUPT'
}

async function reportText(error: unknown, { stderr }: Context): Promise<void> {
  if (error instanceof CommanderError) return // commander has said it
  const prefix = stderr.style('red', 'audit:')
  if (await isExplained(error)) return stderr.line(`${prefix} ${safeText(messageOf(error))}`)
  await stderr.line(`${prefix} this is a fault of the command itself; please report it with these lines:`)
  await stderr.line(safeLines(detailsOf(error)))
}

/** `{"error":{"code":"AUDIT_CORRUPT","message":"…"}}`: only errors of the log have a code. */
async function reportJson(error: unknown, { stderr }: Context): Promise<void> {
  const code = codeOf(error)
  const isOfLog = typeof code === 'string' && code.startsWith('AUDIT_')
  const message = (await isExplained(error)) ? messageOf(error) : detailsOf(error)
  await stderr.line(safeJson({ error: { ...(isOfLog && { code }), message } }))
}

async function isExplained(error: unknown): Promise<boolean> {
  const { AuditError } = await import('@audit/core')
  return error instanceof CommandError || error instanceof CommanderError || error instanceof AuditError
}

function messageOf(error: unknown): string {
  return plainMessage(error instanceof Error ? error.message : String(error)).replace(/^error: /, '')
}

function detailsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
