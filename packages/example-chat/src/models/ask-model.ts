/** A message of a conversation. */
export interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/**
 * Asks a model. The call starts at once, in the scope of whoever asks; the parts of the answer come as they are read, and fail
 * where the call fails or cannot be recorded.
 */
export type AskModel = (
  messages: readonly Message[],
  signal: AbortSignal,
) => AsyncIterable<string> | Promise<AsyncIterable<string>>
