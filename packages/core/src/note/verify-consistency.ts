import { AuditError } from '../errors.ts'
import { isConsistent } from '../merkle/proof.ts'
import { optionsOf } from '../options.ts'
import { decodeConsistencyProof } from './consistency-proof.ts'
import {
  openCheckpoint,
  TRUST_KEYS,
  type Trust,
  trustFrom,
  type VerifiedCheckpoint,
} from './verify-checkpoint.ts'

/** What `verifyConsistency` takes. */
export interface VerifyConsistencyOptions extends Trust {
  /** The older checkpoint. */
  readonly older: string
  /** The result of `log.proveConsistency` for it, which includes the later checkpoint. */
  readonly proof: string
}

/**
 * Checks that a later checkpoint continues an older one: that nothing was changed or removed in between; needs no log.
 * Returns the later checkpoint. Witnesses must have cosigned the later one.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS`; `AUDIT_INVALID_PROOF`; `AUDIT_NOT_CONSISTENT`; and what `verifyCheckpoint` throws, for either.
 */
export function verifyConsistency(options: VerifyConsistencyOptions): VerifiedCheckpoint {
  const { older, proof, ...given } = optionsOf(
    options,
    ['older', 'proof', ...TRUST_KEYS],
    'verifyConsistency',
  )
  const trust = trustFrom(given, 'verifyConsistency')
  const { oldSize, hashes, checkpoint } = decodeConsistencyProof(proof)
  const old = openCheckpoint(older, { ...trust, witnesses: [] })
  const verified = openCheckpoint(checkpoint, trust)
  const { size, root } = verified
  if (oldSize === old.size && isConsistent(BigInt(oldSize), old.root, BigInt(size), root, hashes))
    return verified
  throw new AuditError(
    'AUDIT_NOT_CONSISTENT',
    `the proof does not show that the log of ${size} entries continues the one of ${old.size}`,
  )
}
