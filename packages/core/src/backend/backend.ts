import type { Leaf } from '../merkle/leaf.ts'
import type { SubtreeStore } from '../merkle/subtree-store.ts'
import type { Selection } from '../query/selection.ts'
import type { SummaryPart, SummaryRequest } from '../summary/summary-part.ts'
import type { Finding } from '../verification/finding.ts'
import type { Page } from './page.ts'

/** What a backend promises beyond the minimum. */
export interface BackendSupport {
  /** What was appended is still there after the backend was closed, or its process killed, and opened again. */
  readonly persistence: boolean
  /** Several instances, threads and processes may have the same log open at once. */
  readonly sharing: boolean
}

/**
 * Where a log is kept. Core validates, normalises, freezes, encodes, hashes, batches and pages; a backend stores
 * and compares. `@audit/testkit` proves one.
 *
 * Before `open` and after `close`, each of the other methods rejects with an `AuditError` `AUDIT_CLOSED`.
 */
export interface AuditBackend {
  /** What this backend promises beyond the minimum; the testkit tests what is claimed. */
  readonly supports: BackendSupport
  /**
   * Whether it was told to change nothing: the log must exist, `open` and everything after it leaves each byte as it is,
   * and `append` rejects with `AUDIT_READ_ONLY`. Core then writes no subtree roots. Default: `false`.
   */
  readonly isReadOnly?: boolean
  /** Makes the backend ready. After a failure it may be called again. */
  open(): Promise<void>
  /**
   * Appends the leaves in order, all or none, and resolves once they would survive a crash. Returns the index of the first.
   * A crash before that may leave whole leaves from the front of the batch, and never a part of one.
   * When it rejects, nothing was stored. Over a network, where a connection can break while the store commits, it first
   * finds out, by the entry ids; only where that cannot be done in time it rejects with `AUDIT_OUTCOME_UNKNOWN`.
   * Core never calls it with an empty batch, nor again before it has settled, and never changes a leaf's bytes later.
   */
  append(leaves: readonly Leaf[]): Promise<number>
  /** How many entries the log holds. O(1). */
  size(): Promise<number>
  /**
   * Entries by index, `start` inclusive to `end` exclusive; those beyond the log's size are left out. It may stop early
   * once it holds about `PAGE_BYTES` of texts, and one entry at least, and says so: `partialPage`.
   */
  read(start: number, end: number): Promise<Page>
  /** Entries that match, in the selection's order, at most `limit`. It may stop early as `read` may. */
  find(selection: Selection): Promise<Page>
  /** How many entries match; the selection has no cursor and no limit. */
  count(selection: Selection): Promise<number>
  /** Leaf hashes by index, 32 bytes each, joined; those beyond the log's size are left out. */
  leafHashes(start: number, end: number): Promise<Uint8Array>
  /** Keeps roots of complete subtrees, so that no process hashes the log anew. Without it core keeps them in memory. */
  readonly subtrees?: SubtreeStore
  /**
   * Sums up the entries of a selection by group: one part or more for each. Without it core reads the entries. `Summarizer`
   * does the sums, so that all backends come to the same figures.
   */
  summarize?(request: SummaryRequest): Promise<readonly SummaryPart[]>
  /** What `verify` cannot see through `read`: damaged lines, rows beside the numbering, guards that were removed. */
  inspect?(): Promise<readonly Finding[]>
  /**
   * Lets go of everything. Closing twice is fine, and so is closing what was never opened. A closed instance is not
   * opened again.
   */
  close(): Promise<void>
}
