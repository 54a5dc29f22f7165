import type { AuditEntry } from '@audit/core'

/** A form that entries can be given out in. */
export interface ExportFormat {
  /** What `--format` takes. */
  readonly name: string
  /** What it is for, in a few words. */
  readonly summary: string
  /** The ending of a file of this format, without the dot. */
  readonly extension: string
  /** Its media type, for a download. */
  readonly mediaType: string
  /** Whether it is no text, so that a terminal must not get it. */
  readonly isBinary: boolean
  /**
   * The bytes of these entries, in pieces, in bounded memory whatever their number. It reads as slowly as its reader does, and
   * throws what the entries throw.
   */
  write(entries: AsyncIterable<AuditEntry>): AsyncGenerator<Uint8Array, void, undefined>
}
