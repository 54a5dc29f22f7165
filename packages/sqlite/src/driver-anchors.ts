import { packageAnchors } from '@audit/core/backend'

/** The files from which the worker resolves better-sqlite3, in this order. */
export function driverAnchors(): readonly string[] {
  // A bundle in CommonJS has no import.meta.url, and an ES module no __filename.
  const anchors = packageAnchors(import.meta.url ?? __filename)
  // Never: the worker loads it. But its code is text to bundlers and file tracers, and this shows them what it needs.
  if (anchors.length === 0) void import('better-sqlite3')
  return anchors
}
