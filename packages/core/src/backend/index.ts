export { canonicalJson, parseCanonicalJson } from '../entry/canonical-json.ts'
export {
  type AuditEntry,
  createEntry,
  type EntryFields,
  type EntryInput,
  placeEntry,
} from '../entry/entry.ts'
export { canonicalEntryId } from '../entry/entry-id.ts'
export type { JsonObject, JsonValue } from '../entry/json.ts'
export { decodeLine, encodeLine } from '../entry/line.ts'
export { canonicalTimestamp } from '../entry/timestamp.ts'
export { AuditError, type AuditErrorCode } from '../errors.ts'
export { HASH_BYTES, hashAt, hashCount, hashesBetween, joinHashes } from '../merkle/hashes.ts'
export { createLeaf, type Leaf, leafHash } from '../merkle/leaf.ts'
export type { SubtreeStore } from '../merkle/subtree-store.ts'
export { type Given, invalidOptions, optionsOf } from '../options.ts'
export { type Cursor, compareEntries, matches, matchesMetadata, type Selection } from '../query/selection.ts'
export type { Finding, FindingKind } from '../verification/finding.ts'
export type { AuditBackend, BackendSupport } from './backend.ts'
export { EntryIndex, type IndexedFields } from './entry-index.ts'
export { LifeCycle } from './life-cycle.ts'
export { packageAnchors, requirePackage } from './native-package.ts'
export { PAGE_BYTES, type Page, partialPage } from './page.ts'
