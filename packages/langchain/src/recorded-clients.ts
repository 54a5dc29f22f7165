import { AsyncLocalStorage } from 'node:async_hooks'
import { auditFetch, type Capture, type Fetch, type Tries } from '@audit/capture'
import { recordOf } from '@audit/capture/integration'
import { AuditError } from '@audit/core'
import { failureOf } from './call-outcome.ts'
import { integrationAt } from './integration.ts'
import { modelContext } from './model-context.ts'
import { type Method, override } from './override.ts'

/** Where models of LangChain keep the SDKs' clients, which they make when they need one. */
const CLIENTS = ['client', 'batchClient', 'streamingClient']

/** The models within a ChatOpenAI that send its requests. */
const PARTS = ['completions', 'responses']

/**
 * Records what the clients of a model send, where an SDK of OpenAI's or Anthropic's family sends it. What LangChain sends again is
 * the same call.
 *
 * @param provider who serves a host.
 */
export function recordClients(model: object, capture: Capture, provider: (host: string) => string): void {
  const parts = PARTS.map(name => recordOf(model)[name]).filter(
    part => typeof part === 'object' && part !== null,
  )
  for (const part of [model, ...parts.map(Object)]) {
    recordTries(recordOf(part).caller, capture)
    for (const name of CLIENTS) recordClient(part, name, client => recordFetch(client, capture, provider))
  }
}

/** Records a client that is there, and each that takes its place. */
function recordClient(model: object, name: string, record: (client: unknown) => unknown): void {
  const property = Object.getOwnPropertyDescriptor(model, name)
  if (!property?.configurable) return
  let client = record(Reflect.get(model, name))
  Object.defineProperty(model, name, {
    configurable: true,
    enumerable: property.enumerable ?? true,
    get: () => client,
    set: made => {
      property.set?.call(model, made) // of another capture
      client = record(made)
    },
  })
}

/** The functions that record, so that a client that several models share is recorded once. */
const recording = new WeakMap<Fetch, Capture>()

function recordFetch(client: unknown, capture: Capture, provider: (host: string) => string): unknown {
  if (!isClient(client) || recording.get(client.fetch) === capture) return client
  client.fetch = auditFetch(capture, { provider, fetch: client.fetch, by: integrationAt('wire') })
  recording.set(client.fetch, capture)
  return client
}

function isClient(client: unknown): client is { fetch: Fetch } {
  const { fetch, request, baseURL } = recordOf(client)
  return typeof fetch === 'function' && typeof request === 'function' && typeof baseURL === 'string'
}

/** Makes the requests that LangChain sends again tries of one call. */
function recordTries(caller: unknown, capture: Capture): void {
  if (typeof caller !== 'object' || caller === null) return
  override(caller, 'callWithRetries', original => (retries, send, sent) => {
    return asOneCall(capture, retries, send as Method, trySend => original(retries, trySend, sent))
  })
  if ('callWithRetries' in caller) return
  // The first versions of LangChain's core 1 have the one method alone.
  override(caller, 'call', original => (send, ...sent) => {
    const { maxRetries } = recordOf(caller)
    return asOneCall(capture, maxRetries, send as Method, trySend => original(trySend, ...sent))
  })
}

/** The end of a try: what it answered, or the error of a record that failed, after which nothing may be sent again. */
type Tried = { readonly answer: unknown } | { readonly failure: AuditError }

async function asOneCall(
  capture: Capture,
  retries: unknown,
  send: Method,
  call: (trySend: Method) => unknown,
): Promise<unknown> {
  const { signal } = modelContext()
  const by = integrationAt('wire')
  const tries: Tries = { by, most: Number(retries) + 1, startedAt: performance.now(), signal }
  return capture.withTries(tries, async () => {
    // A queue of LangChain's may send it from the context of another call. Another capture that has come back to its own context
    // knows this one, and would be forgotten in this one's.
    const here = AsyncLocalStorage.snapshot()
    const isHere = () => capture.context.tries === tries
    const trySend: Method = (...sent) => (isHere() ? tryOnce(send, sent) : here(() => tryOnce(send, sent)))
    try {
      const tried = (await call(trySend)) as Tried // as `tryOnce` has it
      if ('failure' in tried) throw tried.failure
      return tried.answer
    } catch (error) {
      await giveUp(tries, error)
      throw error
    }
  })
}

async function tryOnce(send: Method, sent: readonly unknown[]): Promise<Tried> {
  try {
    return { answer: await send(...sent) }
  } catch (error) {
    if (error instanceof AuditError) return { failure: error }
    throw error
  }
}

/** LangChain sends nothing more, so the call has ended. */
async function giveUp({ call }: Tries, error: unknown): Promise<void> {
  if (call && !call.hasEnded) await call.end(call.expected ?? failureOf(error))
}
