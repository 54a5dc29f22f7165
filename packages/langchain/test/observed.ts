import { type CaptureOptions, createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import { ChatAnthropic } from '@langchain/anthropic'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { ChatOpenAI, type ChatOpenAIFields } from '@langchain/openai'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'

/** Which format the model speaks. */
export type Api = 'chat' | 'responses' | 'messages'
/** How it is asked. */
export type Form = 'invoke' | 'stream' | 'events' | 'events v2' | 'log'
/** What records it. */
export type Recorder = 'model' | 'handler' | 'both'

/** What a situation works with. */
export interface Play {
  readonly model: ChatOpenAI
  readonly form: Form
  readonly config: { readonly callbacks?: BaseCallbackHandler[] }
  /** What the application saw: chunks, results. Errors are added by themselves. */
  readonly seen: unknown[]
  readonly scene: Scene
}

export interface Scenery {
  readonly server: ProviderServer
  readonly behaviour: Behaviour
  readonly api: Api
  readonly form: Form
  readonly recorder: Recorder
  readonly options?: Partial<ChatOpenAIFields> | undefined
  readonly capture?: Partial<CaptureOptions> | undefined
}

/** A handler changes what LangChain does by itself: messages get the id of their run. */
class Onlooker extends BaseCallbackHandler {
  override name = 'onlooker'
}

/** Plays a situation, with or without us. */
export async function observe(scenery: Scenery, play: (play: Play) => Promise<unknown>, audited: boolean) {
  const { server, behaviour, form, recorder, capture: options } = scenery
  const scene = server.scene(behaviour)
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user: 'alice', ...options })
  const bare = modelAt(scene, scenery)
  const model = audited && recorder !== 'handler' ? auditModel(bare, capture) : bare
  const handler = audited ? new AuditCallbackHandler(capture) : new Onlooker()
  const seen: unknown[] = []
  try {
    await play({ model, form, config: recorder === 'model' ? {} : { callbacks: [handler] }, seen, scene })
  } catch (error) {
    seen.push(shown(error))
  }
  const drained: unknown = await capture.close().then(
    () => undefined,
    error => error.code,
  )
  const entries: readonly AuditEntry[] = await log.query()
  return { seen, requests: scene.requests, entries, drained }
}

/** The formats that the models speak. */
export const APIS: readonly Api[] = ['chat', 'responses', 'messages']

/** The model that is asked over an API. */
export const MODELS: Readonly<Record<Api, string>> = {
  chat: 'gpt-4o-mini',
  responses: 'gpt-4o-mini',
  messages: 'claude-sonnet-4-5',
}

/** A model that takes the scene for its provider. */
export function modelAt(scene: Scene, { api, options }: Pick<Scenery, 'api' | 'options'>): ChatOpenAI {
  const fields = { model: MODELS[api], apiKey: 'none', maxRetries: 0 }
  const { configuration, timeout, maxRetries = 0, onFailedAttempt } = options ?? {}
  if (api === 'messages') {
    const model: unknown = new ChatAnthropic({
      ...fields,
      maxRetries,
      ...(onFailedAttempt ? { onFailedAttempt } : {}),
      clientOptions: { baseURL: scene.url.replace(/\/v1$/, ''), ...(timeout ? { timeout } : {}) },
    })
    return model as ChatOpenAI // one table drives both, which differ in what the tests do not use
  }
  return new ChatOpenAI({
    ...fields,
    ...options,
    useResponsesApi: api === 'responses',
    configuration: { baseURL: scene.url, ...configuration },
  })
}

/** An error as an application tells it apart. */
export function shown(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { status, code, type }: { status?: unknown; code?: unknown; type?: unknown } = Object(error)
  const message = error.message.replace(/127\.0\.0\.1:\d+\/\d+/, 'server') // a scene has a path of its own
  return { error: error.constructor.name, name: error.name, message, status, code, type }
}

const RUN_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** A result without what is by chance: the ids and times of runs. */
export function settled(value: unknown): unknown {
  const text = JSON.stringify(value, (key, field) =>
    key === 'start_time' || key === 'end_time' || key === 'streamed_output_time' ? undefined : field,
  )
  return text === undefined ? undefined : JSON.parse(text.replace(RUN_ID, 'a run'))
}

export const QUESTION = 'one two three four five six'
export const ANSWER = `You said: ${QUESTION}`

/** The parts of an answer in the form of the play. */
export async function ask(
  { model, form, config }: Pick<Play, 'model' | 'form' | 'config'>,
  more: { signal?: AbortSignal } = {},
): Promise<AsyncIterable<unknown>> {
  const options = { ...config, ...more }
  if (form === 'stream') return model.stream(QUESTION, options)
  if (form === 'events') return iterated(model.streamEvents(QUESTION, options))
  if (form === 'events v2') return model.streamEvents(QUESTION, { ...options, version: 'v2' })
  if (form === 'log') return model.streamLog(QUESTION, options)
  return once(await model.invoke(QUESTION, options))
}

/** A stream that is a promise as well would become its value here. */
function iterated(stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() }
}

async function* once(value: unknown): AsyncGenerator<unknown> {
  yield value
}

/** Asks and reads all. */
export async function askAndRead(play: Play): Promise<void> {
  for await (const part of await ask(play)) play.seen.push(settled(part))
}
