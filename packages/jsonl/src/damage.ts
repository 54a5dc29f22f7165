/**
 * Why a line is not an entry. The codes are stable.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `torn` | the line starts like an entry and stops in the middle, or has no newline yet: its writer died, or the disk was full |
 * | `not-utf8` | bytes that are not UTF-8 |
 * | `not-json` | text that is not a JSON object |
 * | `not-entry` | a JSON object that is not exactly one entry: a key is missing, unknown, repeated or of the wrong type, or a double cannot hold a number exactly |
 * | `duplicate-id` | an entry with the same id as an earlier line; the earlier one counts |
 * | `too-long` | a line of more than 512 MiB, which JavaScript cannot hold in one string |
 */
export type DamageReason = 'torn' | 'not-utf8' | 'not-json' | 'not-entry' | 'duplicate-id' | 'too-long'

/** A line of the file that is not an entry. It is skipped, and stays in the file unchanged. */
export interface Damage {
  /** The line's number in the file, from 1. */
  readonly line: number
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number
  /** Its length in bytes, without the newline. */
  readonly length: number
  /** For a program to act on. */
  readonly reason: DamageReason
  /** For people; may change. */
  readonly message: string
}
