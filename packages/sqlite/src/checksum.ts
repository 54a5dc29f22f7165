import { crc32 } from 'node:zlib'
import type { Row } from './protocol.ts'

/**
 * The CRC-32 (as in gzip, RFC 1952 section 8) of an entry's values in the order of the columns, joined by NUL, `null`
 * as nothing. It finds damage when an entry is read; against someone who changes entries on purpose there is the leaf hash.
 */
export function checksumOf(row: Row): number {
  return crc32(row.join('\0'))
}
