import type { Failure } from '../contract.ts'
import { sentence } from './format.ts'

/** An answer that is an error: its message is a sentence for people. */
export class ApiFailure extends Error {
  readonly code: string

  constructor({ code, message }: Failure) {
    super(sentence(message))
    this.code = code
  }
}

/** Answers that were asked for early, by their paths. */
const early = new Map<string, ReturnType<typeof answerOf>>()

/** Asks the server for what the first view is going to ask for, so that this need not wait until it is drawn. */
export function askEarly(path: string): void {
  const answer = answerOf(path)
  answer.catch(() => {}) // whoever asks for it is told
  early.set(path, answer)
}

/** Asks the server. Throws ApiFailure, also if it is not there any more. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = early.get(path) ?? answerOf(path, signal)
  early.delete(path)
  const { isOk, body } = await answer.catch(() => {
    signal?.throwIfAborted()
    throw new ApiFailure({ code: 'gone', message: GONE })
  })
  signal?.throwIfAborted()
  if (!isOk) throw new ApiFailure(body)
  return body // what `contract.ts` says of the path
}

const GONE = 'The server has stopped. Start audit view again, and open the address that it prints.'

async function answerOf(path: string, signal?: AbortSignal) {
  const response = await fetch(path, { signal: signal ?? null })
  return { isOk: response.ok, body: await response.json() }
}
