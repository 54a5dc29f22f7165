import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { temporaryFolder } from '@audit/harness/vitest'
import type { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import type { Context } from '../src/context.ts'
import { SESSION_KEY } from '../src/filters/filter-options.ts'
import { openLog } from '../src/log/open-log.ts'
import { Output } from '../src/output/output.ts'
import { type Anchors, readAnchors } from '../src/trust/anchor.ts'
import type { Trust } from '../src/trust/trust.ts'
import { Guard } from '../src/view/guard.ts'
import { createViewApp } from '../src/view/view-app.ts'
import { NOW } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

const PORT = 4567
export const HOST = `127.0.0.1:${PORT}`

/** The page over a log, without a server. */
export interface ViewScene {
  readonly app: Hono
  readonly token: string
  /** Asks as the browser that was let in does. */
  get(path: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Response>
  /** The JSON of an answer. */
  json<T>(path: string): Promise<T>
}

/** The page over a log; the sample log by default. */
export async function viewScene({
  path,
  checkpoint,
  trust,
}: {
  readonly path?: string
  /** The path of one. */
  readonly checkpoint?: string
  readonly trust?: Trust
} = {}): Promise<ViewScene> {
  const folder = temporaryFolder()
  await writeSampleLogs(folder)
  const context = quietContext(folder)
  const opened = await openLog(context, path ?? join(folder, 'audit.db'))
  onTestFinished(() => opened[Symbol.asyncDispose]())
  const guard = new Guard(PORT)
  const token = guard.token ?? ''
  const { log, backend, kind, location } = opened
  const anchors: Anchors =
    trust && checkpoint
      ? await readAnchors(context, [checkpoint], trust)
      : { trusted: [], uncosigned: [], findings: [] }
  const app = createViewApp(
    { context, log, backend, kind, location, sessionKey: SESSION_KEY, trust, anchors },
    guard,
  )
  const cookie = await letIn(app, token)
  const get = async (path: string, headers = {}, method = 'GET') =>
    app.request(path, { method, headers: { host: HOST, cookie, ...headers } })
  return { app, token, get, json: async path => JSON.parse(await (await get(path)).text()) }
}

async function letIn(app: Hono, token: string): Promise<string> {
  const answer = await app.request(`/?token=${token}`, { headers: { host: HOST } })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

function quietContext(cwd: string): Context {
  const nowhere = () => new Output(new Writable({ write: (_, __, done) => done() }), { env: {} })
  return {
    stdin: Readable.from([]),
    stdout: nowhere(),
    stderr: nowhere(),
    env: {},
    cwd,
    signal: new AbortController().signal,
    now: () => NOW,
  }
}
