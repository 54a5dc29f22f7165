import { AuditError } from '../errors.ts'
import type { MerkleTree } from '../merkle/merkle-tree.ts'
import { equalBytes, isConsistent } from '../merkle/proof.ts'
import type { TreeHead } from '../merkle/tree.ts'
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts'
import { encodeConsistencyProof } from './consistency-proof.ts'
import type { Prover } from './prover.ts'
import { signNote } from './signed-note.ts'
import type { Signer } from './signer.ts'
import { encodeProof } from './tlog-proof.ts'
import type { Verifier } from './verifier.ts'

/**
 * Issues checkpoints and proofs of a log. Each signed checkpoint provably continues what this process has verified or signed
 * before. So nobody gets a change signed by making it after a verification has read the entry.
 */
export class Issuer {
  readonly #signer: Signer
  readonly #own: Verifier
  readonly #tree: MerkleTree
  readonly #prover: Prover
  readonly #size: () => Promise<number>
  /** The largest tree that was verified or signed. */
  #trusted: TreeHead | undefined

  /**
   * @param own checks what the signer signs; its name is the log's own.
   * @param size returns how many entries the log holds.
   */
  constructor(signer: Signer, own: Verifier, tree: MerkleTree, prover: Prover, size: () => Promise<number>) {
    this.#signer = signer
    this.#own = own
    this.#tree = tree
    this.#prover = prover
    this.#size = size
  }

  /** A signed checkpoint of the log as it is now (C2SP tlog-checkpoint). Throws AuditError `AUDIT_CORRUPT`, `AUDIT_SIGNING_FAILED`. */
  async checkpoint(): Promise<string> {
    return this.#sign(await this.#currentSize())
  }

  /** The proof that the entry at `index` is in the log as it is now (C2SP tlog-proof). Throws what `checkpoint` throws. */
  async proveInclusion(index: number): Promise<string> {
    const size = await this.#currentSize()
    const [hashes, checkpoint] = await Promise.all([this.#tree.inclusionProof(index, size), this.#sign(size)])
    return encodeProof({ index, hashes, checkpoint })
  }

  /**
   * The proof that the log as it is now continues an older checkpoint of it (C2SP tlog-witness).
   *
   * @throws AuditError `AUDIT_NOT_CONSISTENT`; `AUDIT_WRONG_LOG`; `AUDIT_INVALID_NOTE`; `AUDIT_INVALID_CHECKPOINT`; and what
   *   `checkpoint` throws.
   */
  async proveConsistency(older: string | number): Promise<string> {
    const size = await this.#currentSize()
    const oldSize = await this.#prover.olderSize(older, { origin: this.#own.name, size })
    const proving = this.#tree.consistencyProof(oldSize, size)
    const [hashes, checkpoint] = await Promise.all([proving, this.#sign(size)])
    return encodeConsistencyProof({ oldSize, hashes, checkpoint })
  }

  /** What was last verified or signed. A verification compares the log with it as with a checkpoint. */
  get trusted(): TreeHead | undefined {
    return this.#trusted
  }

  /**
   * Takes note of a checkpoint of this log that a verification has opened: the log has committed to it, whether or not it
   * continues it. Otherwise a backup that is restored would make the signer sign two histories.
   *
   * @param verifier the key that it was opened with.
   */
  commit(checkpoint: Checkpoint, verifier: Verifier): void {
    const { name, keyHash } = this.#own
    if (verifier.name === name && equalBytes(verifier.keyHash, keyHash)) this.trust(checkpoint)
  }

  /** Records that the first `size` entries were verified, and that they continue what was trusted before. */
  trust({ size, root }: TreeHead): void {
    if (this.#trusted && this.#trusted.size >= size) return
    this.#trusted = { size, root: Uint8Array.from(root) }
  }

  async #currentSize(): Promise<number> {
    const trusted = this.#trusted // read before the size, because it may grow meanwhile
    const size = await this.#size()
    if (trusted && size < trusted.size) throw contradiction(trusted.size)
    return size
  }

  async #sign(size: number): Promise<string> {
    const head = { size, root: await this.#tree.root(size) }
    await this.#assertContinues(head)
    const note = encodeCheckpoint({ origin: this.#own.name, ...head, extensions: [] })
    const checkpoint = await signNote(note, this.#signer)
    this.trust(head)
    return checkpoint
  }

  async #assertContinues(head: TreeHead): Promise<void> {
    const trusted = this.#trusted
    if (!trusted) return
    const [older, newer] = trusted.size < head.size ? [trusted, head] : [head, trusted]
    const proof = await this.#tree.consistencyProof(older.size, newer.size)
    const sizes = [BigInt(older.size), BigInt(newer.size)] as const
    if (!isConsistent(sizes[0], older.root, sizes[1], newer.root, proof)) throw contradiction(older.size)
  }
}

function contradiction(size: number): AuditError {
  return new AuditError(
    'AUDIT_CORRUPT',
    `the log does not continue the ${size} entries that this process has verified or signed, so nothing was signed; run \`log.verify()\` to see where it differs`,
  )
}
