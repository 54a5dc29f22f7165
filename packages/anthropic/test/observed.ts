import { createCapture } from '@audit/capture'
import { type AuditEntry, AuditLog, MemoryBackend } from '@audit/core'
import type { Behaviour, ProviderServer, Scene } from '@audit/harness'
import {
  type Answer,
  type Form,
  type Play as HarnessPlay,
  playsWith,
  QUESTION,
  shownError,
} from '@audit/harness/situations'
import type { Client, Sdk } from './sdks.ts'

/** Which of the SDK's two Messages is asked. */
export type Api = 'messages' | 'beta'

/** What a situation works with. */
export interface Play extends HarnessPlay {
  readonly client: Client
  readonly api: Api
  readonly sdk: Sdk
}

export interface Scenery {
  readonly server: ProviderServer
  readonly sdk: Sdk
  readonly behaviour: Behaviour
  readonly api: Api
  readonly form: Form
  readonly options?: { readonly maxRetries?: number; readonly timeout?: number } | undefined
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
  { server, sdk, behaviour, api, form, options }: Scenery,
  play: (play: Play) => Promise<unknown>,
  audited: boolean,
): Promise<Observed> {
  const scene = server.scene(behaviour)
  const log = new AuditLog({ backend: new MemoryBackend() })
  const capture = createCapture({ log, user: 'alice' })
  const client = sdk.create({ baseURL: addressOf(scene), ...options }, audited ? capture : undefined)
  const seen: unknown[] = []
  try {
    await play({ client, api, form, seen, sdk, scene })
  } catch (error) {
    seen.push(shownError(error))
  }
  const drained = await capture.drain().then(
    () => undefined,
    error => error.code,
  )
  return { seen, requests: scene.requests, entries: await log.query(), drained }
}

/** The address that this SDK expects, without the version. */
export function addressOf({ url }: Scene): string {
  return url.replace(/\/v1$/, '')
}

export const MODEL = 'claude-haiku-4-5-20251001'

/** A request that asks the question of all situations. */
export const BODY = {
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: QUESTION }],
}

/** Asks, in the form and over the API of the play. */
export function ask({ client, api, form }: Play, options?: { signal?: AbortSignal }): Answer {
  const asked = messagesOf(client, api)
  return form === 'stream' ? asked.create({ ...BODY, stream: true }, options) : asked.create(BODY, options)
}

/** The beta API has the same calls, whose types have more. */
export function messagesOf(client: Client, api: Api): Client['messages'] {
  return api === 'beta' ? (client.beta.messages as unknown as Client['messages']) : client.messages
}

export const { askAndRead } = playsWith(ask)
