import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import type { LogOptions } from '../log/log-options.ts'
import { lostLog } from '../log/lost-log.ts'
import { openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { anchorsFrom } from '../trust/anchor.ts'
import { trustFrom } from '../trust/trust.ts'
import type { TrustOptions } from '../trust/trust-options.ts'
import { openBrowser } from './open-browser.ts'
import { serveView } from './serve-view.ts'

/** What `audit view` takes besides the log. */
export interface ViewOptions extends LogOptions, TrustOptions {
  readonly port?: string
  readonly open?: boolean
  readonly checkpoint?: readonly string[]
  readonly sessionKey: string
}

/** `audit view`: serves the page until it is interrupted. */
export async function view(context: Context, log: string, options: ViewOptions): Promise<void> {
  const port = portOf(options.port)
  const trust = await trustFrom(context, options)
  const anchors = await anchorsFrom(context, options.checkpoint, trust)
  await using opened = await openLog(context, log, { ...options, metadataIndexes: [options.sessionKey] })
  const { backend, kind, location } = opened
  const source = {
    context,
    log: opened.log,
    backend,
    kind,
    location,
    sessionKey: options.sessionKey,
    trust,
    anchors,
  }
  await using served = await serveView(source, port)
  await context.stdout.line(served.url)
  await note(context, 'open this address; its token is good once. Ctrl-C ends the page')
  if (options.open) openBrowser(served.url)
  using lost = lostLog(opened)
  const signal = AbortSignal.any([context.signal, lost.signal])
  await ended(signal)
  signal.throwIfAborted()
}

function portOf(given: string | undefined): number {
  if (given === undefined) return 0
  const port = Number(given)
  if (/^\d{1,5}$/.test(given) && port <= 65_535) return port
  throw new CommandError(
    `--port takes a number from 0 to 65535, not ${given}; leave it out for a port that is free`,
  )
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
