import { once } from 'node:events'
import type { Capture, RecordingLog } from '@audit/capture'
import { type Command, Option } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { addLogOptions, type LogOptions } from '../log/log-options.ts'
import { openWritableLog, type WritableLog } from '../log/writable-log.ts'
import { note } from '../output/note.ts'
import { counted } from '../output/numbers.ts'
import { safeText } from '../output/safe-text.ts'
import type { ProxyOptions, ProxySettings } from '../proxy/proxy-options.ts'
import type { ProxyServer } from '../proxy/proxy-server.ts'
import { Interruption } from '../stopping.ts'

interface Options extends LogOptions, ProxyOptions {
  readonly content: 'text' | 'messages' | 'digest'
  readonly intent?: boolean
  readonly failOpen?: boolean
  readonly allowUnrecorded?: boolean
}

const DESCRIPTION = `Forwards calls to model providers, and records each of them: for programs in any language.
The log is created if it is not there. Point a program at the proxy by its environment:

  OPENAI_BASE_URL=http://127.0.0.1:4141/openai/v1
  ANTHROPIC_BASE_URL=http://127.0.0.1:4141/anthropic

Keys go through to the provider, and are neither stored nor logged.`

/** Adds `audit proxy`. */
export function addProxy(program: Command, run: Run): void {
  const command = program
    .command('proxy')
    .helpGroup(GROUPS.record)
    .summary('forward calls to model providers, and record them')
    .description(DESCRIPTION)
  addLogOptions(
    command.argument(
      '<log>',
      'an SQLite or JSONL file, created if it is not there, or postgres:// (see --log)',
    ),
  )
  for (const option of OPTIONS) command.addOption(option)
  addExamples(command, [
    ['audit proxy audit.db', 'record what programs on this machine ask OpenAI and Anthropic'],
    ['audit proxy audit.db --upstream groq=https://api.groq.com/openai', 'another provider, under /groq/v1'],
    ['audit proxy audit.db --keys keys.txt', 'name users by their API keys'],
    ['audit proxy audit.db --host 0.0.0.0 --token-file token.txt', 'for other machines'],
  ])
  command.action(run(proxy))
}

/** Storing the last entries and closing the log take no longer than this, unless the log hangs. */
const CLOSING_MS = 15_000

const OPTIONS: readonly Option[] = [
  new Option('-p, --port <number>', 'the port to listen on; 0 takes any that is free').default(
    '4141',
    '4141',
  ),
  new Option(
    '--host <address>',
    "the address to listen on; another than this machine's own needs a token",
  ).default('127.0.0.1', '127.0.0.1'),
  new Option(
    '--token-file <file>',
    'a file with the token that clients send as x-audit-token; otherwise AUDIT_PROXY_TOKEN has it',
  ),
  new Option('--upstream <name=address>', 'where /name goes; may be repeated').argParser(
    (value: string, earlier: readonly string[] = []) => [...earlier, value],
  ),
  new Option('--keys <file>', 'names of API keys: on each line the SHA-256 of a key and its name'),
  new Option('--content <kind>', 'what of the texts is recorded')
    .choices(['text', 'messages', 'digest'])
    .default('text'),
  new Option('--intent', 'also record each call before it leaves, so that a crash shows'),
  new Option('--fail-open', 'let a call through that cannot be recorded; otherwise its answer is withheld'),
  new Option(
    '--allow-unrecorded',
    'let calls through of kinds that cannot be recorded; otherwise they are refused',
  ),
  new Option('--max-body <MiB>', 'the largest request').default('64', '64'),
  new Option('--grace <seconds>', 'how long open calls may go on once the proxy is stopped').default(
    '10',
    '10',
  ),
]

async function proxy(context: Context, name: string, options: Options): Promise<ExitCode> {
  const { proxySettings } = await import('../proxy/proxy-options.ts')
  const settings = await proxySettings(context, options)
  await using recording = await openWritableLog(context, name, options)
  const { ReportingLog } = await import('../proxy/reporting-log.ts')
  const log = new ReportingLog(recording.log, error =>
    warn(context, `a call was not recorded: ${messageOf(error)}`),
  )
  const capture = await captureOf(log, options)
  const server = await serverOf(context, capture, settings, options)
  const hurry = context.allowGrace?.(settings.graceMs + CLOSING_MS)
  const address = await server.listen(settings)
  await context.stdout.line(address)
  await announce(context, address, recording, settings)
  if (!context.signal.aborted) await once(context.signal, 'abort')
  const exitCode = await stop(context, server, capture, settings.graceMs, hurry)
  await note(context, `${counted(log.stored, 'entry', 'entries')} recorded`)
  return exitCode
}

async function captureOf(log: RecordingLog, options: Options): Promise<Capture> {
  const { createCapture } = await import('@audit/capture')
  const { prices } = await import('@audit/cost')
  return createCapture({
    log,
    price: prices(),
    content: options.content,
    intent: options.intent === true,
    onAuditFailure: options.failOpen ? () => {} : 'throw', // the failure was told of already
  })
}

async function serverOf(
  context: Context,
  capture: Capture,
  settings: ProxySettings,
  options: Options,
): Promise<ProxyServer> {
  const { Gate, ProxyServer, Relay } = await import('../proxy/index.ts')
  const unrecorded = new Set<string>()
  const onUnrecorded = (path: string) => {
    if (unrecorded.has(path)) return
    unrecorded.add(path)
    warn(context, `calls to ${path} go through without a record`)
  }
  const allowUnrecorded = options.allowUnrecorded === true
  return new ProxyServer(
    new Relay({ ...settings, capture, gate: new Gate(settings), allowUnrecorded, onUnrecorded }),
  )
}

async function announce(
  context: Context,
  address: string,
  { name }: WritableLog,
  { upstreams }: ProxySettings,
): Promise<void> {
  await note(context, `recording into ${name}; Ctrl-C ends it`)
  for (const { name, base } of upstreams.values()) await note(context, `${address}/${name} → ${base.href}`)
  await note(context, `OPENAI_BASE_URL=${address}/openai/v1`)
  await note(context, `ANTHROPIC_BASE_URL=${address}/anthropic`)
}

/** Lets open calls end, records those that do not, and says how it went. */
async function stop(
  context: Context,
  server: ProxyServer,
  capture: Capture,
  graceMs: number,
  hurry?: AbortSignal,
): Promise<ExitCode> {
  const { signal } = context
  if (server.open > 0)
    await note(context, `waiting for ${counted(server.open, 'call')} to end; Ctrl-C again ends them`)
  await server.finish(graceMs, hurry)
  try {
    await capture.close()
  } catch {
    return EXIT.failed // what could not be recorded was told of when it happened
  } finally {
    server.close()
  }
  const { reason } = signal
  return reason instanceof Interruption && reason.exitCode === EXIT.interrupted ? EXIT.interrupted : EXIT.ok
}

/** Nothing waits for it: a terminal that is slow, or gone, must not hold up a call. */
function warn({ stderr }: Context, message: string): void {
  stderr.line(`${stderr.style('red', 'audit:')} ${safeText(message)}`).catch(() => {})
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
