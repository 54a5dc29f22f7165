import type { Scene } from './scene.ts'

/** How an answer comes. */
export type Form = 'json' | 'stream'

/** What a situation works with. An integration's own tests add its client. */
export interface Play {
  readonly form: Form
  /** What the application saw: chunks, results. Errors are added by themselves. */
  readonly seen: unknown[]
  readonly scene: Scene
}

/** What the SDKs return for a call. */
export interface Answer extends PromiseLike<unknown> {
  asResponse(): Promise<Response>
  withResponse(): Promise<{
    readonly data: unknown
    readonly response: Response
    readonly request_id?: string | null | undefined
  }>
}

/** Asks `QUESTION`, in the form of the play. */
export type Ask<OwnPlay extends Play> = (play: OwnPlay, options?: { signal?: AbortSignal }) => Answer

export const QUESTION = 'one two three four five six'

/** What the stand-in answers to it. */
export const ANSWER = `You said: ${QUESTION}`

/** What an SDK makes of a stream of events. */
export interface AnswerStream extends AsyncIterable<unknown> {
  readonly controller: AbortController
  tee(): readonly AsyncIterable<unknown>[]
  toReadableStream(): AsyncIterable<Uint8Array>
}

/** Whether an answer is a stream. */
export function isStream(answer: unknown): answer is AnswerStream {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}

/** Reads an answer to its end. */
export async function readAll(answer: unknown, seen: unknown[]): Promise<void> {
  if (isStream(answer)) for await (const chunk of answer) seen.push(chunk)
  else seen.push(answer)
}

/** An error as an application tells it apart. */
export function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { status, code, type }: { status?: unknown; code?: unknown; type?: unknown } = Object(error)
  const message = error.message.replace(/127\.0\.0\.1:\d+\/\d+/, 'server') // a scene has a path of its own
  return { error: error.constructor.name, name: error.name, message, status, code, type }
}
