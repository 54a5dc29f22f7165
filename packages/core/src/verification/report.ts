import type { VerifiedCheckpoint } from '../note/verify-checkpoint.ts'
import type { Finding } from './finding.ts'
import type { ImportedRange } from './imported-range.ts'

/** What `log.verify` found. */
export interface VerificationReport {
  /** Whether nothing was found. */
  readonly ok: boolean
  /** How many entries the log held when the verification began. */
  readonly size: number
  /** The recomputed root over all these entries, 32 bytes. */
  readonly root: Uint8Array
  /**
   * The first index whose entry was read. It is above 0 if `start` was: the entries before it were taken as their stored leaf
   * hashes, so a change to one of them whose hash is still stored was not looked for.
   */
  readonly readFrom: number
  /** The checkpoints whose signatures are good, in the order in which they were passed, each with what became of it. */
  readonly checkpoints: readonly ComparedCheckpoint[]
  /**
   * How many of the newest entries no checkpoint covers that the log continues: whoever may write to the store could replace
   * them, hashes included. It is `size` without a checkpoint.
   */
  readonly uncovered: number
  /** The first 10,000; the last one says how many more there are. */
  readonly findings: readonly Finding[]
  /**
   * The first entries, if they were imported with their own ids and times, and are still those that were: the entry after
   * them names their root. It is no finding that another program made their ids.
   */
  readonly imported?: ImportedRange
}

/** A checkpoint that the log was compared with. */
export interface ComparedCheckpoint extends VerifiedCheckpoint {
  /** Whether the log continues it. */
  readonly isConsistent: boolean
}

/** How to watch and stop a verification. */
export interface VerificationControl {
  /** Called after each 256 entries, and at the end. */
  readonly onProgress?: ((progress: VerificationProgress) => void) | undefined
  /** Stops it; `verify` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** How far a verification is. */
export interface VerificationProgress {
  /** Entries. */
  readonly verified: number
  /** Entries in the whole log. */
  readonly size: number
}
