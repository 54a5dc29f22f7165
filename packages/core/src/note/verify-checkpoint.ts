import { quote } from '../entry/json.ts'
import { AuditError } from '../errors.ts'
import { equalBytes } from '../merkle/proof.ts'
import { type Given, optionsOf, withoutPrototype } from '../options.ts'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts'
import { invalidKey } from './key.ts'
import { openNote } from './signed-note.ts'
import { cosignatureTime, type Verifier, verifierFrom, verifiersFrom } from './verifier.ts'

/** Whose signatures are trusted. */
export interface Trust {
  /** The log's key. It must have signed the checkpoint, and its name must be the origin. */
  readonly verifier: Verifier
  /** Keys of witnesses (`cosignature/v1`), each of which must have cosigned. Default: none. */
  readonly witnesses?: readonly Verifier[]
}

/** What `verifyCheckpoint` takes: a checkpoint, and the keys to check it with. */
export interface VerifyCheckpointOptions extends Trust {
  /** The signed note. */
  readonly checkpoint: string
}

/** A checkpoint whose signatures are good. */
export interface VerifiedCheckpoint extends Checkpoint {
  /** One by each witness, in their order; repeated witnesses count once. */
  readonly cosignatures: readonly Cosignature[]
}

/** A witness's statement that it has seen the checkpoint, and that it continues all checkpoints it saw before. */
export interface Cosignature {
  readonly name: string
  /** When, to the second. */
  readonly time: Date
}

/**
 * Checks a checkpoint's form and signatures; needs no log.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS`; `AUDIT_INVALID_NOTE`; `AUDIT_INVALID_CHECKPOINT`; `AUDIT_BAD_SIGNATURE` if a
 *   signature by one of the keys is false, even if others are good; `AUDIT_UNKNOWN_KEY` if the signature of the log or of a
 *   witness is missing; `AUDIT_WRONG_LOG` if the origin is not the verifier's name; `AUDIT_INVALID_KEY` for a witness with
 *   another kind of key.
 */
export function verifyCheckpoint(options: VerifyCheckpointOptions): VerifiedCheckpoint {
  const { checkpoint, ...trust } = optionsOf(options, ['checkpoint', ...TRUST_KEYS], 'verifyCheckpoint')
  return openCheckpoint(checkpoint, trustFrom(trust, 'verifyCheckpoint'))
}

/** The names of the options in `Trust`. */
export const TRUST_KEYS = ['verifier', 'witnesses'] as const satisfies (keyof Trust)[]

/** Checks the keys that an application trusts. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function trustFrom(options: Given<keyof Trust>, owner: string): Required<Trust> {
  const given = withoutPrototype(options)
  const verifier = verifierFrom(given.verifier, owner)
  if (!('witnesses' in given)) return { verifier, witnesses: [] }
  // `witnesses: undefined` would require fewer signatures than intended.
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

/** Refuses a proof in place of a checkpoint. It would look forged, because it ends with a signature over a part of it. */
function refuseProof(text: unknown): void {
  if (typeof text !== 'string' || !/^(c2sp\.org\/tlog-proof@|old \d+\n)/.test(text)) return
  throw new AuditError(
    'AUDIT_INVALID_NOTE',
    'this is a proof and not a checkpoint: pass it as `proof`, or take the checkpoint after its empty line',
  )
}

/** The error for a checkpoint of another log. */
export function wrongLog(origin: string, name: string): AuditError {
  return new AuditError(
    'AUDIT_WRONG_LOG',
    `the checkpoint belongs to the log ${quote(origin)}, not to ${name}`,
  )
}

function distinct(verifiers: readonly Verifier[]): readonly Verifier[] {
  return verifiers.filter(
    (a, i) => !verifiers.slice(0, i).some(b => a.name === b.name && equalBytes(a.keyHash, b.keyHash)),
  )
}
