/**
 * What is wrong with a log.
 *
 * | kind | meaning |
 * | --- | --- |
 * | `entry-changed` | an entry is not the one whose leaf hash was kept |
 * | `entry-missing` | there is no entry at an index below the log's size |
 * | `entry-inserted` | there is a row or a line that the log's own numbering has no index for |
 * | `order-changed` | an entry stands where another one was recorded |
 * | `foreign-entry` | this package did not write the entry as it stands |
 * | `damaged` | an entry cannot be read, or a part of the store is no entry, or a guard of the store is gone |
 * | `subtree-forged` | a stored subtree root is not that of the leaf hashes below it: it was changed, or they were |
 * | `rolled-back` | the store holds subtree roots of more entries than there are: the end of the log is gone |
 * | `tail-missing` | the log holds fewer entries than the checkpoint, or than this process has verified or signed before |
 * | `checkpoint-inconsistent` | the first entries are not those that the checkpoint was signed over, or that this process has verified or signed before |
 * | `signature-bad` | a signature of a known key on the checkpoint is false |
 */
export type FindingKind =
  | 'entry-changed'
  | 'entry-missing'
  | 'entry-inserted'
  | 'order-changed'
  | 'foreign-entry'
  | 'damaged'
  | 'subtree-forged'
  | 'rolled-back'
  | 'tail-missing'
  | 'checkpoint-inconsistent'
  | 'signature-bad'

/** One thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind
  /** The index of the entry, where it has one; of a range, the first. */
  readonly index?: number
  readonly entryId?: string
  /** A sentence for people. */
  readonly message: string
}
