/** A message of a conversation. */
export interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/**
 * Asks a model. The call starts at once, in the scope of whoever asks; the parts of the answer come as they are read, and fail
 * where the call fails, is aborted, breaks off, or cannot be recorded. Parts that end without an error are a whole answer.
 */
export type AskModel = (
  messages: readonly Message[],
  signal: AbortSignal,
) => AsyncIterable<string> | Promise<AsyncIterable<string>>

/** The error of an answer that ends in the middle, for an SDK that reports it as if it were whole. */
export function brokeOff(): Error {
  return new Error('the answer broke off')
}
