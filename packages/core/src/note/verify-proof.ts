import type { AuditEntry } from '../entry/entry.ts'
import { ENTRY_KEYS, fieldsOf } from '../entry/fields.ts'
import { describe } from '../entry/json.ts'
import { encodeLine } from '../entry/line.ts'
import { AuditError } from '../errors.ts'
import { leafHash } from '../merkle/leaf.ts'
import { equalBytes, rootFromInclusionProof } from '../merkle/proof.ts'
import { isWholeNumber, optionsOf, ownFields } from '../options.ts'
import { decodeProof } from './tlog-proof.ts'
import {
  openCheckpoint,
  TRUST_KEYS,
  type Trust,
  trustFrom,
  type VerifiedCheckpoint,
} from './verify-checkpoint.ts'

/** What `verifyProof` takes. */
export interface VerifyProofOptions extends Trust {
  /** The entry, as `record`, `get` or a query returned it, or after a round trip through JSON. */
  readonly entry: AuditEntry
  /** The result of `log.prove` for it. */
  readonly proof: string
}

/**
 * Checks that an entry is in the log that a proof's checkpoint commits to; needs no log. Returns that checkpoint.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS`; `AUDIT_INVALID_ENTRY` if it is not an entry, or has another key, which no
 *   proof covers; `AUDIT_INVALID_PROOF`; `AUDIT_NOT_INCLUDED` if the proof does not prove this entry; and what
 *   `verifyCheckpoint` throws.
 *
 * @example
 * const { entry, proof } = JSON.parse(await readFile('receipt.json', 'utf8'))
 * verifyProof({ entry, proof, verifier: createVerifier('example.com/audit+33d7b496+AeHTu4Q3hEIM…') })
 */
export function verifyProof(options: VerifyProofOptions): VerifiedCheckpoint {
  const { entry, proof, ...given } = optionsOf(options, ['entry', 'proof', ...TRUST_KEYS], 'verifyProof')
  const trust = trustFrom(given, 'verifyProof')
  const placed = entryFrom(entry)
  const { index, hashes, checkpoint } = decodeProof(proof)
  const verified = openCheckpoint(checkpoint, trust)
  const leaf = leafHash(encodeLine(placed))
  const root = rootFromInclusionProof(leaf, BigInt(index), BigInt(verified.size), hashes)
  if (index === placed.index && root && equalBytes(root, verified.root)) return verified
  throw new AuditError(
    'AUDIT_NOT_INCLUDED',
    `entry ${placed.index}, as it is here, is not in the log at that checkpoint`,
  )
}

const KEYS: readonly (keyof AuditEntry)[] = ['index', ...Object.values(ENTRY_KEYS)]

/** Checks and copies an entry field by field before encoding it, because a value that is not JSON has no line. */
function entryFrom(given: unknown): AuditEntry {
  const fields = ownFields(given, KEYS, invalidEntry)
  const { index } = fields
  if (!isWholeNumber(index)) {
    throw invalidEntry(`index must be a whole number from 0, not ${describe(index)}`)
  }
  // The log stores U+FFFD for a lone surrogate, so a text with a lone surrogate is not the one that was recorded.
  return { index, ...fieldsOf(fields, ENTRY_KEYS, { fail: invalidEntry, loneSurrogates: 'refuse' }) }
}

function invalidEntry(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_ENTRY', reason)
}
