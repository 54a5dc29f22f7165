import { decodeBase64, encodeBase64 } from './base64.ts'
import { decodeHashLines, decodeNumberLine, invalidProof, splitProof } from './proof-lines.ts'

/** Proves that one entry is in a log (C2SP tlog-proof). */
export interface TlogProof {
  /** The entry's index. */
  readonly index: number
  /** The inclusion proof: hashes of 32 bytes. */
  readonly hashes: readonly Uint8Array[]
  /** Further bytes for the application; this package writes none. */
  readonly extra?: Uint8Array
  /** The signed note of the checkpoint. */
  readonly checkpoint: string
}

const HEADER = 'c2sp.org/tlog-proof@v1'

/** The proof's text. */
export function encodeProof({ index, hashes, extra, checkpoint }: TlogProof): string {
  const extraLines = extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]
  return [HEADER, ...extraLines, `index ${index}`, ...hashes.map(encodeBase64), '', checkpoint].join('\n')
}

/**
 * Reads a proof's text; the checkpoint in it is not read yet.
 *
 * @throws AuditError `AUDIT_INVALID_PROOF` for everything that C2SP tlog-proof forbids.
 */
export function decodeProof(text: unknown): TlogProof {
  const { lines, checkpoint } = splitProof(text)
  const [header, ...rest] = lines
  if (header !== HEADER) throw invalidProof(`it does not begin with ${HEADER}`)
  const extra = rest[0]?.startsWith('extra ') ? decodeExtra(rest.shift()) : undefined
  const [index, ...hashes] = rest
  return {
    index: decodeNumberLine('index', index),
    hashes: decodeHashLines(hashes),
    ...(extra && { extra }),
    checkpoint,
  }
}

function decodeExtra(line = ''): Uint8Array {
  const extra = decodeBase64(line.slice('extra '.length))
  if (!extra) throw invalidProof('the extra line is not base64')
  return extra
}
