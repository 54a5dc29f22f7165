import type { AuditEntry } from '../entry.ts'
import { AuditError } from '../errors.ts'
import { isPlainObject } from '../json.ts'
import { encodeLine } from '../line.ts'
import { leafHash } from '../merkle/leaf.ts'
import { equalBytes, rootFromInclusionProof } from '../merkle/proof.ts'
import { decodeProof } from './tlog-proof.ts'
import { type Trust, type VerifiedCheckpoint, verifyCheckpoint } from './verify-checkpoint.ts'

/** What `verifyProof` takes. */
export interface ProofOfEntry extends Trust {
  /** The entry, as `record`, `get` or a query gave it, or as JSON kept it. */
  readonly entry: AuditEntry
  /** What `log.prove` gave for it. */
  readonly proof: string
}

const ENTRY_KEYS: ReadonlySet<string> = new Set<keyof AuditEntry>([
  'index',
  'entryId',
  'timestamp',
  'user',
  'model',
  'inputText',
  'outputText',
  'costUsd',
  'latencyMs',
  'metadata',
])

/**
 * Checks that an entry is in the log that a proof's checkpoint commits to; needs no log. Returns that checkpoint.
 *
 * @throws AuditError `AUDIT_INVALID_ENTRY` for what is no entry, or has a key beside an entry's, which no proof covers;
 *   `AUDIT_INVALID_PROOF`; `AUDIT_NOT_INCLUDED` when the proof is not of this entry as it is here; and what
 *   `verifyCheckpoint` throws.
 *
 * @example
 * const { entry, proof } = JSON.parse(await readFile('receipt.json', 'utf8'))
 * verifyProof({ entry, proof, verifier: createVerifier('example.com/audit+33d7b496+AeHTu4Q3hEIM…') })
 */
export function verifyProof({ entry, proof, ...trust }: ProofOfEntry): VerifiedCheckpoint {
  const leaf = leafHash(lineOf(entry))
  const { index, hashes, checkpoint } = decodeProof(proof)
  const verified = verifyCheckpoint({ ...trust, checkpoint })
  const root = rootFromInclusionProof(leaf, BigInt(index), BigInt(verified.size), hashes)
  if (index === entry.index && root && equalBytes(root, verified.root)) return verified
  throw new AuditError(
    'AUDIT_NOT_INCLUDED',
    `entry ${entry.index}, as it is here, is not in the log at that checkpoint`,
  )
}

function lineOf(entry: AuditEntry): string {
  const keys = isPlainObject(entry) ? Object.keys(entry) : []
  if (keys.length !== ENTRY_KEYS.size || !keys.every(key => ENTRY_KEYS.has(key))) {
    throw new AuditError('AUDIT_INVALID_ENTRY', `an entry has the keys ${[...ENTRY_KEYS].join(', ')}`)
  }
  try {
    return encodeLine(entry)
  } catch (cause) {
    throw new AuditError('AUDIT_INVALID_ENTRY', 'the entry cannot be encoded', { cause })
  }
}
