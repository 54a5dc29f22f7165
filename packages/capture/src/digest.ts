import { createHash } from 'node:crypto'

/** What stands for bytes that an entry does not hold: `[image/png, 48,213 bytes, sha256:…]`. */
export function digestOf(kind: string, bytes: Uint8Array | string): string {
  const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength
  const hash = createHash('sha256').update(bytes).digest('hex')
  return `[${kind}, ${size.toLocaleString('en-US')} bytes, sha256:${hash}]`
}

const DATA_URL = /^data:([^,]*?)(;base64)?,/

/** What stands for a URL: a `data:` URL as its digest, any other as it is. */
export function mediaOf(url: string, kind: string): string {
  const [prefix, type = '', base64] = DATA_URL.exec(url) ?? []
  if (prefix === undefined) return `[${kind}, ${url}]`
  const data = url.slice(prefix.length)
  const bytes = base64 === undefined ? Buffer.from(unescaped(data)) : Buffer.from(data, 'base64')
  return digestOf(type === '' ? 'text/plain' : type, bytes)
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
