import type { AuditEntry } from '../entry/entry.ts'

/** A backend's `read` and `find` may stop once their texts weigh about this many bytes: 8 MiB. */
export const PAGE_BYTES = 8 * 1024 * 1024

/**
 * What a backend's `read` and `find` return: entries in the requested order. It is a plain array, so a backend that never
 * stops early simply returns one.
 */
export type Page = AuditEntry[] & {
  /** The backend stopped early, so core asks for what follows the last entry. */
  readonly isPartial?: true
}

/**
 * Marks entries as a page that ends early, because its texts weigh about `PAGE_BYTES`. It has at least one entry.
 *
 * @example
 * return stoppedEarly ? partialPage(entries) : entries
 */
export function partialPage(entries: AuditEntry[]): Page {
  return Object.assign(entries, { isPartial: true as const })
}
