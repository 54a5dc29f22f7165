import type { ServerResponse } from 'node:http'
import { roomIn } from '../output/room-in.ts'
import { responseHeaders } from './forwarded-headers.ts'
import { Refusal } from './refusal.ts'

/** A whole answer is held until it is recorded, and no provider sends one of more bytes. */
const MAX_WHOLE_BYTES = 512 * 1024 * 1024

/** Hands an answer on piece by piece, as fast as the client takes it. Throws what reading it throws. */
export async function streamAnswer(response: Response, reply: ServerResponse): Promise<void> {
  reply.writeHead(response.status, flatHeaders(response))
  reply.flushHeaders()
  for await (const piece of response.body ?? []) {
    if (reply.destroyed) break // whoever closed it has aborted the request, too
    if (!reply.write(piece)) await roomIn(reply)
  }
  reply.end()
}

/**
 * Hands an answer on once all of it is there, and with it the record of its call: a client that has the last byte of a body
 * believes that it has the answer. Throws what reading it throws, before anything is sent.
 */
export async function wholeAnswer(response: Response, reply: ServerResponse): Promise<void> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    if (length > MAX_WHOLE_BYTES)
      throw new Refusal(502, 'answer_too_large', 'the answer is too large to be held')
    pieces.push(piece)
  }
  const isBodiless = response.status === 204 || response.status === 304
  const size = isBodiless ? [] : ['content-length', `${length}`]
  reply.writeHead(response.status, [...flatHeaders(response), ...size])
  reply.end(Buffer.concat(pieces))
}

/** Names and values in turn, so that a header which is there twice stays so. */
function flatHeaders({ headers }: Response): string[] {
  return responseHeaders(headers).flat()
}
