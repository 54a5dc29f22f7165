/** The first bytes of other formats. No line of JSON starts with any of them. */
const SIGNATURES: readonly (readonly [kind: string, bytes: readonly number[]])[] = [
  ['an SQLite database', [...Buffer.from('SQLite format 3\0')]],
  ['a gzip file', [0x1f, 0x8b]],
  ['a Zstandard file', [0x28, 0xb5, 0x2f, 0xfd]],
  ['an xz file', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['a zip file', [0x50, 0x4b, 0x03, 0x04]],
  ['a PDF file', [...Buffer.from('%PDF-')]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['an ELF program', [0x7f, 0x45, 0x4c, 0x46]],
  ['a Parquet file', [...Buffer.from('PAR1')]],
  ['UTF-16 text', [0xff, 0xfe]],
  ['UTF-16 text', [0xfe, 0xff]],
]

/** How many bytes of a file `foreignFormat` needs. */
export const SIGNATURE_BYTES = Math.max(...SIGNATURES.map(([, bytes]) => bytes.length))

/**
 * Names the format of a file that is certainly not a log, from its first bytes. Anything else may be a damaged log, and is
 * opened.
 */
export function foreignFormat(beginning: Buffer): string | undefined {
  return SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => beginning[i] === byte))?.[0]
}
