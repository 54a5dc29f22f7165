import { AuditError } from '../errors.ts'
import { type MerkleTree, TILE, type TileRange } from '../merkle/merkle-tree.ts'
import { equalBytes } from '../merkle/proof.ts'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts'
import { encodeConsistencyProof } from './consistency-proof.ts'
import { openNote, parseNote } from './signed-note.ts'
import { encodeProof } from './tlog-proof.ts'
import type { Verifier } from './verifier.ts'
import { wrongLog } from './verify-checkpoint.ts'

/**
 * Makes proofs that end at a checkpoint which is already signed, so that no key is needed. If the log has a key of its own, a
 * checkpoint must have its name, and a signature by it must be good; signatures by other keys are not checked.
 */
export class Prover {
  readonly #tree: MerkleTree
  readonly #size: () => Promise<number>
  readonly #own: Verifier | undefined

  /**
   * @param size returns how many entries the log holds.
   * @param own the key of the log's own signer.
   */
  constructor(tree: MerkleTree, size: () => Promise<number>, own: Verifier | undefined) {
    this.#tree = tree
    this.#size = size
    this.#own = own
  }

  /**
   * The proof that the entry at `index` is in the log at a checkpoint (C2SP tlog-proof).
   *
   * @throws AuditError `AUDIT_NOT_INCLUDED` if the entry came after it; and what `headOf` throws.
   */
  async proveInclusion(index: number, checkpoint: string): Promise<string> {
    const { size } = await this.headOf(checkpoint)
    if (index >= size) {
      const message = `entry ${index} came after that checkpoint, which covers ${size}; use a newer one`
      throw new AuditError('AUDIT_NOT_INCLUDED', message)
    }
    return encodeProof({ index, hashes: await this.#tree.inclusionProof(index, size), checkpoint })
  }

  /**
   * The proof that the log at a checkpoint continues the log at an older one, or at a size (C2SP tlog-witness).
   *
   * @throws AuditError `AUDIT_NOT_CONSISTENT` if the older one is larger; `AUDIT_WRONG_LOG` if they have different origins;
   *   and what `headOf` throws.
   */
  async proveConsistency(older: string | number, newer: string): Promise<string> {
    const head = await this.headOf(newer)
    const oldSize = await this.olderSize(older, head)
    return encodeConsistencyProof({
      oldSize,
      hashes: await this.#tree.consistencyProof(oldSize, head.size),
      checkpoint: newer,
    })
  }

  /**
   * What a checkpoint commits to, once the log is found to continue it.
   *
   * @throws AuditError `AUDIT_INVALID_NOTE`; `AUDIT_INVALID_CHECKPOINT`; `AUDIT_WRONG_LOG`; `AUDIT_BAD_SIGNATURE`;
   *   `AUDIT_NOT_CONSISTENT`.
   */
  async headOf(checkpoint: string): Promise<Checkpoint> {
    const decoded = decodeCheckpoint(parseNote(checkpoint).text)
    if (this.#own) checkOwn(checkpoint, decoded, this.#own)
    const size = await this.#size()
    if (decoded.size > size) throw notConsistent(`it covers ${decoded.size} entries, and the log has ${size}`)
    if (!equalBytes(decoded.root, await this.#tree.root(decoded.size))) throw changed()
    return decoded
  }

  /**
   * Hashes of a tile: see `AuditLog.tile`.
   *
   * @throws AuditError `AUDIT_NOT_FOUND`; `AUDIT_CORRUPT`.
   */
  async tile(range: TileRange): Promise<Uint8Array> {
    const { level, index, width } = range
    const needed = (index * TILE + width) * TILE ** level
    const size = await this.#size()
    if (needed <= size) return this.#tree.tile(range)
    throw new AuditError(
      'AUDIT_NOT_FOUND',
      `a tile of width ${width} at level ${level} and index ${index} needs more entries than the ${size} of the log`,
    )
  }

  /** The size of an older checkpoint, or that size itself, once a later one is found to continue it. Throws like `headOf`. */
  async olderSize(older: string | number, newer: Pick<Checkpoint, 'origin' | 'size'>): Promise<number> {
    if (typeof older === 'number') {
      if (older <= newer.size) return older
      throw notConsistent(`the older size is ${older}, and the newer one ${newer.size}`)
    }
    const { origin, size, root } = decodeCheckpoint(parseNote(older).text)
    if (origin !== newer.origin) throw wrongLog(origin, newer.origin)
    if (size > newer.size)
      throw notConsistent(`the older one covers ${size} entries, the newer one ${newer.size}`)
    if (!equalBytes(root, await this.#tree.root(size))) throw changed()
    return size
  }
}

function checkOwn(checkpoint: string, { origin }: Checkpoint, own: Verifier): void {
  if (origin !== own.name) throw wrongLog(origin, own.name)
  try {
    openNote(checkpoint, [own])
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_UNKNOWN_KEY') throw error // by a key of before
  }
}

function changed(): AuditError {
  return notConsistent('its root is another one; verify({ checkpoint }) shows where the log differs')
}

function notConsistent(reason: string): AuditError {
  return new AuditError('AUDIT_NOT_CONSISTENT', `the log does not continue that checkpoint: ${reason}`)
}
