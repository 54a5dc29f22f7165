import type { Failure } from '../contract.ts'

/** An answer that is an error: its message is a sentence for people. */
export class ApiFailure extends Error {
  readonly code: string

  constructor({ code, message }: Failure) {
    super(message)
    this.code = code
  }
}

/** Asks the server. Throws ApiFailure, also if it is not there any more. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal: signal ?? null }).catch(error => {
    if (signal?.aborted) throw error
    throw new ApiFailure({ code: 'gone', message: 'The server has stopped. Start `audit view` again.' })
  })
  const body = await response.json()
  if (!response.ok) throw new ApiFailure(body)
  return body // what `contract.ts` says of the path
}
