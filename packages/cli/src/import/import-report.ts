/** What an import did. */
export interface ImportReport {
  /**
   * `kept`: into an empty log, with the source's own ids and times. `renumbered`: among other entries, with ids and times of
   * the log. `complete`: everything was there already.
   */
  readonly mode: 'kept' | 'renumbered' | 'complete'
  readonly source: string
  readonly format: string
  readonly sha256: string | undefined
  /** Entries of the source that are in the log now. */
  readonly entries: number
  /** How many of them this run has added. */
  readonly added: number
  /** Entries in which a number was NaN or infinite, and is null now. */
  readonly lostNumbers: number
  /** Lines or rows that were not taken. */
  readonly omitted: number
}

/** What is counted while a source is read. */
export class ImportCount {
  entries = 0
  added = 0
  lostNumbers = 0
  omitted = 0
}
