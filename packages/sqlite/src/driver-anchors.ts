import { packageAnchors } from '@audit/core/backend'

/** The files from which the worker resolves better-sqlite3, in this order. */
export function driverAnchors(): readonly string[] {
  // A CommonJS bundle has no import.meta.url, and an ES module has no __filename.
  const anchors = packageAnchors(import.meta.url ?? __filename)
  // Never runs: the worker loads it. But bundlers and file tracers see the worker's code as text, so this shows them what it needs.
  if (anchors.length === 0) void import('better-sqlite3')
  return anchors
}
