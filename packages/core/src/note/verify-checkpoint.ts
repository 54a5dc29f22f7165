import { AuditError } from '../errors.ts'
import { equalBytes } from '../merkle/proof.ts'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts'
import { invalidKey } from './key.ts'
import { openNote } from './signed-note.ts'
import { cosignatureTime, type Verifier } from './verifier.ts'

/** Whose signatures are believed. */
export interface Trust {
  /** The log's key. A checkpoint must bear its signature, and its name as the origin. */
  readonly verifier: Verifier
  /** Keys of witnesses (`cosignature/v1`). Each must have cosigned. Default: none. */
  readonly witnesses?: readonly Verifier[]
}

/** A checkpoint with the keys to check it by. */
export interface SignedCheckpoint extends Trust {
  /** The signed note. */
  readonly checkpoint: string
}

/** A checkpoint whose signatures are good. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** One of each given witness, in their order. */
  readonly cosignatures: readonly Cosignature[]
}

/** That a witness has seen the checkpoint, and that it continues all those that the witness saw before. */
export interface Cosignature {
  readonly name: string
  /** When, to the second. */
  readonly time: Date
}

/**
 * Checks a checkpoint's form and signatures; needs no log.
 *
 * @throws AuditError `AUDIT_INVALID_NOTE`; `AUDIT_INVALID_CHECKPOINT`; `AUDIT_BAD_SIGNATURE` when a signature of a given
 *   key is false, though others be good; `AUDIT_UNKNOWN_KEY` when the log's signature, or that of a witness, is not there;
 *   `AUDIT_WRONG_LOG` when the origin is not the verifier's name; `AUDIT_INVALID_KEY` for a witness that signs otherwise.
 */
export function verifyCheckpoint({
  checkpoint,
  verifier,
  witnesses = [],
}: SignedCheckpoint): VerifiedCheckpoint {
  const { text, verified } = openNote(checkpoint, [verifier, ...witnesses])
  const signatureOf = ({ name, keyHash }: Verifier): Uint8Array => {
    const found = verified.find(
      candidate => candidate.name === name && equalBytes(candidate.keyHash, keyHash),
    )
    if (found) return found.signature
    throw new AuditError('AUDIT_UNKNOWN_KEY', `the checkpoint is not signed by ${name}`)
  }
  signatureOf(verifier)
  const decoded = decodeCheckpoint(text)
  if (decoded.origin !== verifier.name) {
    throw new AuditError(
      'AUDIT_WRONG_LOG',
      `the checkpoint is of the log ${decoded.origin}, not of ${verifier.name}`,
    )
  }
  const cosignatures = witnesses.map(witness => {
    const seconds = cosignatureTime(signatureOf(witness))
    if (seconds === undefined) throw invalidKey(`the key of ${witness.name} is not that of a witness`)
    return { name: witness.name, time: new Date(Number(seconds) * 1000) }
  })
  return { ...decoded, cosignatures }
}
