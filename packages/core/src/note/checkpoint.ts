import { AuditError } from '../errors.ts'
import { decodeHash, encodeBase64 } from './base64.ts'

/** What a log commits to: its name, its size and the root over its first `size` entries (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's own name. */
  readonly origin: string
  /** How many entries. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Extension lines; this package writes none. */
  readonly extensions: readonly string[]
}

/** The text that is signed. */
export function encodeCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, size, encodeBase64(root), ...extensions, ''].join('\n')
}

/**
 * Reads the text of a checkpoint, without its signatures.
 *
 * @throws AuditError `AUDIT_INVALID_CHECKPOINT` for everything that C2SP tlog-checkpoint forbids.
 */
export function decodeCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  if (origin === '') throw invalid('the first line, the origin, is empty')
  const hash = decodeHash(root)
  if (!hash) throw invalid('the third line is not 32 bytes in base64')
  if (rest.pop() !== '') throw invalid('the last line has no newline')
  if (rest.includes('')) throw invalid('an extension line is empty')
  return { origin, size: decodeNumber(size), root: hash, extensions: rest }
}

function decodeNumber(text: string): number {
  const number = Number(text)
  if (!/^(?:0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(number)) {
    throw invalid('the second line is not a size in decimal without leading zeroes')
  }
  return number
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_CHECKPOINT', `this is not a checkpoint: ${reason}`)
}
