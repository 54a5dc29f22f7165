import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { codeOf } from '../error-code.ts'
import { Refusal } from './refusal.ts'

type Decode = (bytes: Uint8Array, limit: { readonly maxOutputLength: number }) => Promise<Uint8Array>

/** By what a request says of its body. Zstandard is not in every Node.js that is supported. */
const DECODERS: Readonly<Record<string, Decode | undefined>> = {
  gzip: promisify(zlib.gunzip),
  'x-gzip': promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  ...('zstdDecompress' in zlib && { zstd: promisify(zlib.zstdDecompress) }),
}

/**
 * The body of a request, decoded; `undefined` for none.
 *
 * @throws Refusal for a body of more than `maxBytes`, also once it is decoded, and for one that cannot be decoded.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge(maxBytes)
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of request) {
    length += piece.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece)
  }
  if (length === 0) return undefined
  const bytes = Buffer.concat(pieces)
  return encoding === 'identity' ? bytes : decoded(bytes, encoding, maxBytes)
}

async function decoded(bytes: Uint8Array, encoding: string, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const decode = DECODERS[encoding]
  if (!decode)
    throw new Refusal(415, 'unknown_encoding', 'the content encoding is not known; send the body as it is')
  try {
    return Buffer.from(await decode(bytes, { maxOutputLength: maxBytes }))
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw new Refusal(400, 'invalid_encoding', 'the body is not what its content encoding says')
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, 'body_too_large', `the body has more than ${maxBytes} bytes; see --max-body`)
}
