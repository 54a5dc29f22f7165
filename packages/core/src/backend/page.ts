import type { AuditEntry } from '../entry/entry.ts'

/** A backend's `read` and `find` may stop once the texts that they hold weigh about this many bytes: 8 MiB. */
export const PAGE_BYTES = 8 * 1024 * 1024

/**
 * What a backend's `read` and `find` give: entries in the order that was asked for. An array like any other, so that a
 * backend which never stops early returns the one that it has.
 */
export type Page = AuditEntry[] & {
  /** That there may be more: the backend stopped early, and core asks for what follows the last entry. */
  readonly isPartial?: true
}

/**
 * Marks entries as a page that ends early, since its texts weigh about `PAGE_BYTES`. It has one entry at least.
 *
 * @example
 * return stoppedEarly ? partialPage(entries) : entries
 */
export function partialPage(entries: AuditEntry[]): Page {
  return Object.assign(entries, { isPartial: true as const })
}
