import type { Capture } from '../capture.ts'

/** The model behind an integration that is tested: it yields the parts of its answer. The SDK must take it for its provider. */
export type Model = (question: string, signal: AbortSignal | undefined) => AsyncIterable<string>

/** What the kit gives to make a client. */
export interface IntegrationSetUp {
  /** What the SDK talks to. */
  readonly model: Model
  /** Records; `undefined` for the client without the integration, which the other one is compared with. */
  readonly capture: Capture | undefined
}

/** What a call is given. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined
}

/** A client of the SDK, as the kit uses it. */
export interface IntegrationClient {
  /** Asks, and resolves with the whole answer. */
  ask(question: string, options: AskOptions): Promise<string>
  /** Asks, and yields the answer as it comes. Leave it out if the SDK has no streams. */
  stream?(question: string, options: AskOptions): AsyncIterable<string>
}

/** Makes a client, with the integration or without. */
export type CreateClient = (setUp: IntegrationSetUp) => IntegrationClient | Promise<IntegrationClient>
