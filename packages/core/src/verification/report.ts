import type { Finding } from './finding.ts'

/** What `log.verify` found. */
export interface VerificationReport {
  /** Whether nothing was found. */
  readonly ok: boolean
  /** How many entries the log held when the verification began. */
  readonly size: number
  /** The recomputed root over all these entries, 32 bytes. */
  readonly root: Uint8Array
  /** The first 10,000; the last one says how many more there are. */
  readonly findings: readonly Finding[]
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
