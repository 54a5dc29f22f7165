import { encodeBase64 } from './base64.ts'
import { decodeHashLines, decodeNumberLine, splitProof } from './proof-lines.ts'

/** Proves that a log at a checkpoint continues the log at an older size. */
export interface ConsistencyProof {
  readonly oldSize: number
  /** Hashes of 32 bytes (RFC 9162, section 2.1.4). */
  readonly hashes: readonly Uint8Array[]
  /** The signed note of the later checkpoint. */
  readonly checkpoint: string
}

/** The proof's text: the body of an `add-checkpoint` request (C2SP tlog-witness), which a witness accepts unchanged. */
export function encodeConsistencyProof({ oldSize, hashes, checkpoint }: ConsistencyProof): string {
  return [`old ${oldSize}`, ...hashes.map(encodeBase64), '', checkpoint].join('\n')
}

/**
 * Reads a proof's text; the checkpoint in it is not read yet.
 *
 * @throws AuditError `AUDIT_INVALID_PROOF` for everything that C2SP tlog-witness forbids.
 */
export function decodeConsistencyProof(text: unknown): ConsistencyProof {
  const { lines, checkpoint } = splitProof(text)
  const [first, ...hashes] = lines
  return { oldSize: decodeNumberLine('old', first), hashes: decodeHashLines(hashes), checkpoint }
}
