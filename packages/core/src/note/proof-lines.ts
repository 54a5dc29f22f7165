import { AuditError } from '../errors.ts'
import { decodeHash } from './base64.ts'
import { editorFault } from './plain-text.ts'

/** A tree of 2^63 leaves needs no more. */
const MAX_HASHES = 63

/** The two parts of a proof's text: its own lines and, after an empty line, the checkpoint. Throws `AUDIT_INVALID_PROOF`. */
export function splitProof(text: unknown): {
  readonly lines: readonly string[]
  readonly checkpoint: string
} {
  if (typeof text !== 'string') throw invalidProof('it is no text')
  const fault = editorFault(text)
  if (fault !== undefined) throw invalidProof(fault)
  const end = text.indexOf('\n\n')
  if (end < 0) throw invalidProof('there is no empty line before a checkpoint')
  return { lines: text.slice(0, end).split('\n'), checkpoint: text.slice(end + 2) }
}

/** The number after a word, as in `index 5`: decimal, without leading zeroes. Throws `AUDIT_INVALID_PROOF`. */
export function decodeNumberLine(word: string, line: string | undefined): number {
  const digits = line?.startsWith(`${word} `) ? line.slice(word.length + 1) : ''
  const number = Number(digits)
  if (!/^(?:0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(number)) {
    throw invalidProof(`it has no line "${word}" with a decimal number without leading zeroes`)
  }
  return number
}

/** Hashes of 32 bytes, one a line. Throws `AUDIT_INVALID_PROOF`. */
export function decodeHashLines(lines: readonly string[]): readonly Uint8Array[] {
  if (lines.length > MAX_HASHES) throw invalidProof(`it has more than ${MAX_HASHES} hashes`)
  return lines.map(line => {
    const hash = decodeHash(line)
    if (!hash) throw invalidProof('a hash is not 32 bytes in base64')
    return hash
  })
}

/** The error for a text that is not a proof. */
export function invalidProof(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_PROOF', `this is not a proof: ${reason}`)
}
