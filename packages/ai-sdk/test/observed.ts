import { type CaptureOptions, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import { auditMiddleware } from '../src/index.ts'
import type { Ai, Model, Sdk } from './sdks.ts'

/** How a question is asked. */
export type Api = 'chat' | 'responses'
export type Form = 'generate' | 'stream'

/** What a situation works with. */
export interface Play {
  readonly ai: Ai
  readonly major: number
  readonly model: Model
  readonly form: Form
  /** What the application saw: parts, results. Errors are added by themselves. */
  readonly seen: unknown[]
  readonly scene: Scene
}

export interface Scenery {
  readonly server: ProviderServer
  readonly sdk: Sdk
  readonly behaviour: Behaviour
  readonly api: Api
  readonly form: Form
  readonly capture?: Partial<CaptureOptions> | undefined
}

/** What a run showed. */
export interface Observed {
  readonly seen: readonly unknown[]
  readonly requests: number
  readonly entries: readonly AuditEntry[]
  readonly drained: unknown
}

/** Plays a situation, with or without us. */
export async function observe(
  { server, sdk, behaviour, api, form, capture: options }: Scenery,
  play: (play: Play) => Promise<unknown>,
  audited: boolean,
): Promise<Observed> {
  const { ai, major } = sdk
  const scene = server.scene(behaviour)
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user: 'alice', ...options })
  const bare = sdk.openai({ baseURL: scene.url })[api]('gpt-4o-mini')
  const model = audited ? ai.wrapLanguageModel({ model: bare, middleware: auditMiddleware(capture) }) : bare
  const seen: unknown[] = []
  try {
    await play({ ai, major, model, form, seen, scene })
  } catch (error) {
    seen.push(error)
  }
  const drained = await capture.drain().then(
    () => undefined,
    error => error.code,
  )
  await capture.close()
  return { seen: seen.map(shown), requests: scene.requests, entries: await log.query(), drained }
}

/** What differs between two runs of anything: times, connections, ids that the SDK makes, and the place on the server. */
const CHANGING = new Set(['socket', 'timestamp', 'date', 'performance', 'stack', 'callId', 'retry-after-ms'])

/** A value as an application sees it, without what differs from run to run. */
export function shown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(plain(value, [])) ?? 'null')
}

function plain(value: unknown, within: readonly unknown[]): unknown {
  if (typeof value === 'string')
    return value.replace(/127\.0\.0\.1:\d+\/\d+/g, 'server').replace(/aitxt-\w+/g, 'made')
  if (typeof value !== 'object' || value === null || within.includes(value))
    return value === undefined ? null : String(value) === '[object Object]' ? 'a circle' : value
  const inside = [...within, value]
  if (Array.isArray(value)) return value.map(item => plain(item, inside))
  const fields = Object.entries(value).filter(([key]) => !CHANGING.has(key))
  const named =
    value instanceof Error
      ? [
          ['error', value.constructor.name],
          ['name', value.name],
          ['message', value.message],
          ['cause', value.cause],
        ]
      : []
  return Object.fromEntries([...named, ...fields].map(([key, field]) => [key, plain(field, inside)]))
}

export const QUESTION = 'one two three four five six'
export const ANSWER = `You said: ${QUESTION}`

/** What a call may be given. */
export interface AskOptions {
  readonly abortSignal?: AbortSignal
  readonly maxRetries?: number
}

/** Asks for a whole answer. */
export async function generate({ ai, model, seen }: Play, options: AskOptions = {}): Promise<void> {
  const { text, reasoning, toolCalls, finishReason, usage, warnings, response, steps } =
    await ai.generateText({
      model,
      prompt: QUESTION,
      maxRetries: 2,
      ...options,
    })
  const { id, modelId, headers, body } = response
  const kept = { text, reasoning, toolCalls, finishReason, usage, warnings, id, modelId, headers, body }
  seen.push({ ...kept, steps: steps.length })
}

/** Asks for a stream. */
export function stream({ ai, model, seen }: Play, options: AskOptions = {}) {
  return ai.streamText({
    model,
    prompt: QUESTION,
    maxRetries: 2,
    onError: ({ error }) => void seen.push(['onError', error]),
    ...options,
  })
}

/** Asks, and reads all. */
export async function askAndRead(play: Play, options: AskOptions = {}): Promise<void> {
  if (play.form === 'generate') return generate(play, options)
  const result = stream(play, options)
  for await (const part of result.fullStream) play.seen.push(part)
  play.seen.push([await result.text, await result.usage, await result.finishReason])
}

/** All that comes of a stream. */
export async function readAll(parts: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const read: unknown[] = []
  for await (const part of parts) read.push(part)
  return read
}
