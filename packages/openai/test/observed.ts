import { type CaptureOptions, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import { auditOpenAI } from '../src/index.ts'
import type { Client, SDKS } from './sdks.ts'

/** How a question is asked. */
export type Api = 'chat' | 'responses'
export type Form = 'json' | 'stream'

/** What a situation works with. */
export interface Play {
  readonly client: Client
  readonly api: Api
  readonly form: Form
  /** What the application saw: chunks, results. Errors are added by themselves. */
  readonly seen: unknown[]
  readonly major: number
  readonly scene: Scene
}

/** What a run showed. */
export interface Observed {
  readonly seen: readonly unknown[]
  readonly requests: number
  readonly entries: readonly AuditEntry[]
  readonly drained: unknown
}

export interface Scenery {
  readonly server: ProviderServer
  readonly sdk: (typeof SDKS)[number]
  readonly behaviour: Behaviour
  readonly api: Api
  readonly form: Form
  readonly options?: { readonly maxRetries?: number; readonly timeout?: number } | undefined
  readonly capture?: Partial<CaptureOptions> | undefined
}

/** Plays a situation, with or without us. */
export async function observe(scenery: Scenery, play: (play: Play) => Promise<unknown>, audited: boolean) {
  const { server, sdk, behaviour, api, form, options, capture: captureOptions } = scenery
  const scene = server.scene(behaviour)
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user: 'alice', ...captureOptions })
  const bare = sdk.create({ baseURL: scene.url, apiKey: 'none', ...options })
  const client = audited ? auditOpenAI(bare, capture) : bare
  const seen: unknown[] = []
  try {
    await play({ client, api, form, seen, major: sdk.major, scene })
  } catch (error) {
    seen.push(shown(error))
  }
  const drained = await capture.drain().then(
    () => undefined,
    error => error.code,
  )
  return {
    seen,
    requests: scene.requests,
    entries: await log.query(),

    drained,
    scene,
  } satisfies Observed & {
    scene: Scene
  }
}

/** An error as an application tells it apart. */
export function shown(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { status, code, type }: { status?: unknown; code?: unknown; type?: unknown } = Object(error)
  const message = error.message.replace(/127\.0\.0\.1:\d+\/\d+/, 'server') // a scene has a path of its own
  return { error: error.constructor.name, name: error.name, message, status, code, type }
}

export const QUESTION = 'one two three four five six'
export const ANSWER = `You said: ${QUESTION}`

/** Asks, in the form and over the API of the play. */
export function ask(
  { client, api, form }: Play,
  options?: { signal?: AbortSignal; maxRetries?: number; timeout?: number },
) {
  const model = 'gpt-4o-mini'
  if (api === 'responses') {
    const body = { model, input: QUESTION }
    return form === 'stream'
      ? client.responses.create({ ...body, stream: true }, options)
      : client.responses.create(body, options)
  }
  const messages = [{ role: 'user' as const, content: QUESTION }]
  return form === 'stream'
    ? client.chat.completions.create(
        { model, messages, stream: true, stream_options: { include_usage: true } },
        options,
      )
    : client.chat.completions.create({ model, messages }, options)
}

/** Reads an answer to its end. */
export async function readAll(answer: unknown, seen: unknown[]): Promise<void> {
  if (isIterable(answer)) for await (const chunk of answer) seen.push(chunk)
  else seen.push(answer)
}

export function isIterable(
  value: unknown,
): value is AsyncIterable<unknown> & { controller: AbortController } {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** Asks and reads all. */
export async function askAndRead(play: Play): Promise<void> {
  await readAll(await ask(play), play.seen)
}
