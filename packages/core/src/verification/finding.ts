/** What can be wrong with a log. */
export const FINDING_KINDS = {
  'entry-changed': 'an entry does not match its stored leaf hash',
  'entry-missing': "there is no entry at an index below the log's size",
  'entry-inserted': "there is a row or a line outside the log's numbering",
  'order-changed': 'an entry is where another one was recorded',
  'foreign-entry': 'this package did not write the entry in this form',
  damaged: 'an entry cannot be read, a part of the store is not an entry, or a guard of the store is missing',
  'subtree-forged':
    'a stored subtree root does not match the leaf hashes below it: it was changed, or they were',
  'rolled-back':
    'the store holds subtree roots over more entries than there are: the end of the log is missing',
  'tail-missing':
    'the log has fewer entries than the checkpoint, or than this process has verified or signed before',
  'checkpoint-inconsistent':
    'the first entries are not those that the checkpoint was signed over, or that this process has verified or signed before',
  'signature-bad': 'a signature by a known key on the checkpoint is false',
} as const

/** A key of `FINDING_KINDS`. */
export type FindingKind = keyof typeof FINDING_KINDS

/** One thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind
  /** The index of the entry, if it has one; of a range, the first. */
  readonly index?: number
  readonly entryId?: string
  /** A sentence for people. */
  readonly message: string
}
