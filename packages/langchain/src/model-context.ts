import { AsyncLocalStorage } from 'node:async_hooks'
import type { Capture } from '@audit/capture'

/** What holds while a model that `auditModel` was given is called. */
export interface ModelContext {
  /** The captures that record this call at the model, so that their handlers leave it alone. */
  readonly recording: readonly Capture[]
  /** The signal that the application gave. */
  readonly signal: AbortSignal | undefined
  /** Fires when the consumer leaves the stream of the call. A generator that is at work does not notice it. */
  readonly left?: AbortSignal | undefined
}

const contexts = new AsyncLocalStorage<ModelContext>()

/** What holds here. */
export function modelContext(): ModelContext {
  return contexts.getStore() ?? { recording: [], signal: undefined }
}

/** Runs what starts a call that is recorded at the model: its callbacks come first. */
export function recordedAtModel<Result>(capture: Capture, body: () => Result, left?: AbortSignal): Result {
  const { recording, signal } = modelContext()
  return contexts.run({ recording: [...recording, capture], signal, left }, body)
}

/** Runs what a model does for its answer. It may call another model, whose callbacks count. */
export function withinModel<Result>(signal: AbortSignal | undefined, body: () => Result): Result {
  return contexts.run({ recording: [], signal }, body)
}
