import type { Leaf } from '../merkle/leaf.ts'
import type { SubtreeStore } from '../merkle/subtree-store.ts'
import type { Selection } from '../query/selection.ts'
import type { SummaryPart, SummaryRequest } from '../summary/summary-part.ts'
import type { EntryDigests } from '../verification/entry-digests.ts'
import type { Finding } from '../verification/finding.ts'
import type { Page } from './page.ts'

/** What a backend promises beyond the minimum. */
export interface BackendSupport {
  /** Appended entries are still there after the backend was closed, or its process killed, and opened again. */
  readonly persistence: boolean
  /** Several instances, threads and processes may have the same log open at once. */
  readonly sharing: boolean
}

/**
 * Where a log is stored. Core validates, normalises, freezes, encodes, hashes, batches and pages; a backend stores and
 * compares. `@audit/testkit` tests one.
 *
 * Before `open` and after `close`, each of the other methods rejects with an `AuditError` `AUDIT_CLOSED`.
 */
export interface AuditBackend {
  /** What this backend promises beyond the minimum; the testkit tests what is claimed. */
  readonly supports: BackendSupport
  /**
   * Whether it may change nothing. The log must then exist, `open` and all other methods leave every byte unchanged, and
   * `append` rejects with `AUDIT_READ_ONLY`. Core then writes no subtree roots. Default: `false`.
   */
  readonly isReadOnly?: boolean
  /** Makes the backend ready. After a failure it may be called again. */
  open(): Promise<void>
  /**
   * Appends the leaves in order, all or none, and resolves with the index of the first once they would survive a crash.
   * A crash before that may leave whole leaves from the start of the batch, and never a part of one.
   * If it rejects, nothing was stored. Over a network, a connection can break while the store commits. It then looks for the
   * entry ids to find out, and rejects with `AUDIT_OUTCOME_UNKNOWN` only if it cannot find out in time.
   * Core never calls it with an empty batch or before the last call has settled, and never changes a leaf's bytes later.
   */
  append(leaves: readonly Leaf[]): Promise<number>
  /** How many entries the log holds. O(1). */
  size(): Promise<number>
  /**
   * Entries by index, `start` inclusive to `end` exclusive; those beyond the log's size are left out. It may stop early
   * once it holds at least one entry and about `PAGE_BYTES` of texts, and then says so: `partialPage`.
   */
  read(start: number, end: number): Promise<Page>
  /** Entries that match, in the selection's order, at most `limit`. It may stop early as `read` may. */
  find(selection: Selection): Promise<Page>
  /** How many entries match; the selection has no cursor and no limit. */
  count(selection: Selection): Promise<number>
  /** Leaf hashes by index, 32 bytes each, joined; those beyond the log's size are left out. */
  leafHashes(start: number, end: number): Promise<Uint8Array>
  /** Stores roots of complete subtrees, so that no process hashes the whole log again. Without it, core holds them in memory. */
  readonly subtrees?: SubtreeStore
  /**
   * Sums up the entries of a selection by group: one part or more for each. Without it, core reads the entries. `Summarizer`
   * does the sums, so that all backends arrive at the same figures.
   */
  summarize?(request: SummaryRequest): Promise<readonly SummaryPart[]>
  /**
   * The digests of the entries that `read` would return: `digestsOf`, called beside the store. Without it, core reads the
   * entries to verify them. It must compute each digest from the entry as it is stored, and never take a stored hash.
   */
  digests?(start: number, end: number): Promise<EntryDigests>
  /** Looks for what `verify` cannot see through `read`: damaged lines, rows outside the numbering, removed triggers. */
  inspect?(): Promise<readonly Finding[]>
  /**
   * Releases all resources. Closing twice is fine, and so is closing an instance that was never opened. Core never reopens a
   * closed instance.
   */
  close(): Promise<void>
}
