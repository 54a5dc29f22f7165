import type { Message } from './models/ask-model.ts'

/** What was said in each session. It is in memory; an application has a database for it. */
export class Conversations {
  readonly #messages = new Map<string, readonly Message[]>()

  /** The messages of a user's session so far. A session that has the same name with another user is another one. */
  of(user: string, session: string): readonly Message[] {
    return this.#messages.get(keyOf(user, session)) ?? []
  }

  /** Adds messages to the end of a session. */
  add(user: string, session: string, ...messages: readonly Message[]): void {
    this.#messages.set(keyOf(user, session), [...this.of(user, session), ...messages])
  }
}

function keyOf(user: string, session: string): string {
  return JSON.stringify([user, session])
}
