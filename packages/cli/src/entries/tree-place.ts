import type { AuditEntry, AuditLog, KeyPair } from '@audit/core'

/** Where an entry is in the tree (RFC 9162): whoever hashes its line, and on with these hashes, gets the root. */
export interface TreePlace {
  readonly index: number
  /** How many entries the tree has. */
  readonly size: number
  /** In base64. */
  readonly root: string
  /** From the leaf to the root, in base64. */
  readonly hashes: readonly string[]
}

/**
 * Finds an entry's place in the tree as it is now, and checks that it leads to the root.
 *
 * @param key the log's signer was made of it. Since a log makes proofs for signed checkpoints alone, a key that is thrown away
 *   does: only the hashes are taken.
 * @throws AuditError as `AuditLog.prove` says; `AUDIT_NOT_INCLUDED` if the entry is not what was hashed.
 */
export async function treePlace(log: AuditLog, entry: AuditEntry, key: KeyPair): Promise<TreePlace> {
  const { createVerifier, verifyProof } = await import('@audit/core')
  const proof = await log.prove(entry.entryId)
  const { size, root } = verifyProof({ entry, proof, verifier: createVerifier(key.publicKey) })
  const [, , ...lines] = proof.split('\n') // the header and the index come first (C2SP tlog-proof)
  const hashes = lines.slice(0, lines.indexOf(''))
  return { index: entry.index, size, root: Buffer.from(root).toString('base64'), hashes }
}
