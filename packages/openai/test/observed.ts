import { createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import {
  type Form,
  type Play as HarnessPlay,
  playsWith,
  QUESTION,
  shownError,
} from '@audit/harness/situations'
import { auditOpenAI } from '../src/index.ts'
import type { Client, SDKS } from './sdks.ts'

/** How a question is asked. */
export type Api = 'chat' | 'responses'

/** What a situation works with. */
export interface Play extends HarnessPlay {
  readonly client: Client
  readonly api: Api
  readonly major: number
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
}

/** Plays a situation, with or without us. */
export async function observe(scenery: Scenery, play: (play: Play) => Promise<unknown>, audited: boolean) {
  const { server, sdk, behaviour, api, form, options } = scenery
  const scene = server.scene(behaviour)
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user: 'alice' })
  const bare = sdk.create({ baseURL: scene.url, apiKey: 'none', ...options })
  const client = audited ? auditOpenAI(bare, capture, { provider: 'openai' }) : bare
  const seen: unknown[] = []
  try {
    await play({ client, api, form, seen, major: sdk.major, scene })
  } catch (error) {
    seen.push(shownError(error))
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

export const { askAndRead } = playsWith(ask)
