/**
 * Why a line is no entry. Codes are stable.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `torn` | it begins as an entry and stops in the middle, or has no newline yet: its writer died, or its disk was full |
 * | `not-utf8` | bytes that are not UTF-8 |
 * | `not-json` | text that is not JSON |
 * | `not-entry` | JSON that is not exactly one entry: a key is missing, unknown or of the wrong type |
 * | `duplicate-id` | an entry whose id stands in an earlier line; the earlier one counts |
 * | `too-long` | longer than `MAX_LINE_BYTES`, which JavaScript cannot hold in one string |
 */
export type DamageReason = 'torn' | 'not-utf8' | 'not-json' | 'not-entry' | 'duplicate-id' | 'too-long'

/** A line of the file that is no entry. It is skipped, and stays in the file as it is. */
export interface Damage {
  /** Number of the line in the file, from 1. */
  readonly line: number
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number
  /** Its bytes, without the newline. */
  readonly length: number
  /** For a program to act on. */
  readonly reason: DamageReason
  /** For people; may change. */
  readonly message: string
}
