import { HASH_BYTES } from '../merkle/hashes.ts'

/** Strict standard base64 (RFC 4648, section 4): padded, no spaces, no stray bits; `undefined` for anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64') // lenient, so the way back decides
  return bytes.toString('base64') === text ? bytes : undefined
}

/** Standard base64 (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** A hash as the formats write it: 32 bytes in strict base64; `undefined` for anything else. */
export function decodeHash(text: string): Uint8Array | undefined {
  const hash = decodeBase64(text)
  return hash?.length === HASH_BYTES ? hash : undefined
}
