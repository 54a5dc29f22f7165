import { quote } from '../entry/json.ts'
import { AuditError } from '../errors.ts'
import { equalBytes } from '../merkle/proof.ts'
import { type Given, optionsOf, withoutPrototype } from '../options.ts'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts'
import { invalidKey } from './key.ts'
import { openNote } from './signed-note.ts'
import { cosignatureTime, type Verifier, verifierFrom, verifiersFrom } from './verifier.ts'

/** Whose signatures are believed. */
export interface Trust {
  /** The log's key. A checkpoint must bear its signature, and its name as the origin. */
  readonly verifier: Verifier
  /** Keys of witnesses (`cosignature/v1`). Each must have cosigned. Default: none. */
  readonly witnesses?: readonly Verifier[]
}

/** What `verifyCheckpoint` takes: a checkpoint, and the keys to check it by. */
export interface VerifyCheckpointOptions extends Trust {
  /** The signed note. */
  readonly checkpoint: string
}

/** A checkpoint whose signatures are good. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** One of each given witness, in their order; a witness that was given twice counts once. */
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
 * @throws AuditError `AUDIT_INVALID_OPTIONS`; `AUDIT_INVALID_NOTE`; `AUDIT_INVALID_CHECKPOINT`; `AUDIT_BAD_SIGNATURE` when a
 *   signature of a given key is false, though others be good; `AUDIT_UNKNOWN_KEY` when the log's signature, or that of a
 *   witness, is not there; `AUDIT_WRONG_LOG` when the origin is not the verifier's name; `AUDIT_INVALID_KEY` for a witness
 *   that signs otherwise.
 */
export function verifyCheckpoint(options: VerifyCheckpointOptions): VerifiedCheckpoint {
  const { checkpoint, ...trust } = optionsOf(options, ['checkpoint', ...TRUST_KEYS], 'verifyCheckpoint')
  return openCheckpoint(checkpoint, trustFrom(trust, 'verifyCheckpoint'))
}

/** The options of those that check a checkpoint. */
export const TRUST_KEYS = ['verifier', 'witnesses'] as const satisfies (keyof Trust)[]

/** Checks whose signatures an application wants to believe. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function trustFrom(options: Given<keyof Trust>, owner: string): Required<Trust> {
  const given = withoutPrototype(options)
  const verifier = verifierFrom(given.verifier, owner)
  if (!('witnesses' in given)) return { verifier, witnesses: [] }
  // Given as undefined, it would ask for fewer signatures than meant.
  return { verifier, witnesses: verifiersFrom(given.witnesses, 'witnesses', owner) }
}

/** `verifyCheckpoint`, for options that were checked. */
export function openCheckpoint(
  checkpoint: unknown,
  { verifier, witnesses }: Required<Trust>,
): VerifiedCheckpoint {
  refuseProof(checkpoint)
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
  if (decoded.origin !== verifier.name) throw wrongLog(decoded.origin, verifier.name)
  const cosignatures = distinct(witnesses).map(witness => {
    const seconds = cosignatureTime(signatureOf(witness))
    if (seconds === undefined) throw invalidKey(`the key of ${witness.name} is not that of a witness`)
    return { name: witness.name, time: new Date(Number(seconds) * 1000) }
  })
  return { ...decoded, cosignatures }
}

/** Taken for a checkpoint, a proof would look forged: it ends with a good signature, over a part of it. */
function refuseProof(text: unknown): void {
  if (typeof text !== 'string' || !/^(c2sp\.org\/tlog-proof@|old \d+\n)/.test(text)) return
  throw new AuditError(
    'AUDIT_INVALID_NOTE',
    'this is a proof, and not a checkpoint: pass it as `proof`, or take the checkpoint behind its empty line',
  )
}

/** The error for a checkpoint of another log than the one that was meant. */
export function wrongLog(origin: string, name: string): AuditError {
  return new AuditError('AUDIT_WRONG_LOG', `the checkpoint is of the log ${quote(origin)}, not of ${name}`)
}

function distinct(verifiers: readonly Verifier[]): readonly Verifier[] {
  return verifiers.filter(
    (a, i) => !verifiers.slice(0, i).some(b => a.name === b.name && equalBytes(a.keyHash, b.keyHash)),
  )
}
