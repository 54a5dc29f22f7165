import { AsyncLocalStorage } from 'node:async_hooks'
import type { Call, Integration } from './call.ts'

/** Who asks, in which session, and what else belongs to each entry: for all calls that start within a scope. */
export interface ScopeOptions {
  /** Who asks. Default: that of the scope around it, then the capture's own. */
  readonly user?: string | undefined
  /** Which conversation or session the calls belong to: `gen_ai.conversation.id`. Default: that of the scope around it. */
  readonly conversation?: string | undefined
  /** More keys for the metadata of each entry, added to those of the scope around it. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** What holds in one asynchronous context. */
export interface Context extends ScopeOptions {
  /** The call that is being made here, so that an integration within another one knows it. */
  readonly call?: Call | undefined
  /** The HTTP requests that are tries of one call. */
  readonly tries?: Tries | undefined
}

/** A call of an SDK, which may send its request more than once. */
export interface Tries {
  /** The integration that sends its requests, so that others which leave meanwhile are not taken for them. Default: `auditFetch`. */
  readonly by?: Integration | undefined
  /** How many requests it sends at most, as far as it is known yet. */
  most: number
  /** The signal that the application gave, as far as it is known yet. */
  signal?: AbortSignal | undefined
  /** When it started, by `performance.now()`. */
  readonly startedAt: number
  /** The call, from its first request on. */
  call?: Call | undefined
}

/** The tries that a request of an integration belongs to, if it is one that is being made here. */
export function triesOf({ tries }: Context, by: Integration | undefined): Tries | undefined {
  const isOwn = tries?.by === undefined || tries.by.integration === by?.integration
  return isOwn ? tries : undefined
}

/** The contexts of one capture: two captures in one process know nothing of each other. */
export class Scope {
  readonly #contexts = new AsyncLocalStorage<Context>()

  /** What holds here. */
  get current(): Context {
    return this.#contexts.getStore() ?? {}
  }

  /** Runs a function in a scope. What it leaves out holds as it does around it. */
  run<Result>(inner: Context, body: () => Result): Result {
    return this.#contexts.run(merged(this.current, inner), body)
  }
}

function merged(outer: Context, inner: Context): Context {
  const given = Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== undefined))
  return { ...outer, ...given, metadata: { ...outer.metadata, ...inner.metadata } }
}
