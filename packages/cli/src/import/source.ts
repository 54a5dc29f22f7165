import type { EntryFields, Finding } from '@audit/core'

/** An entry of something that is imported. */
export interface SourceEntry {
  /** What the log will hold: id and time are those of the source, in canonical spelling. */
  readonly fields: EntryFields
  /** Id and time as the source spells them. */
  readonly original: { readonly entry_id: string; readonly timestamp: string }
  /** Whether a number of it was NaN or infinite, which JSON has no word for, and became null. */
  readonly hasLostNumber: boolean
}

/** A line or a row: an entry, or why it is none. */
export type SourceItem =
  | { readonly where: string; readonly entry: SourceEntry }
  | { readonly where: string; readonly reason: string }

/** What is imported. Reading it changes nothing. */
export interface Source extends AsyncDisposable {
  /** Its name without folders. */
  readonly name: string
  readonly format: 'synapsekit-sqlite' | 'jsonl' | 'log'
  /** What is wrong with it as a whole; empty where no log stands behind it. A line that is no entry is one of its items. */
  readonly findings: readonly Finding[]
  /** How many lines or rows there are, where that is known beforehand. */
  readonly total: number | undefined
  /** Its lines or rows in their order. It can be read again from the beginning. */
  items(): AsyncIterable<SourceItem>
  /** The SHA-256 of the file, in hex, as it was when it was last read to its end; `undefined` where there is no one file. */
  sha256(): Promise<string | undefined>
}
