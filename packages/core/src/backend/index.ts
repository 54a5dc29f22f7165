export { mapKey } from '../crypto/map-key.ts'
export { canonicalJson, parseCanonicalJson } from '../entry/canonical-json.ts'
export { type AuditEntry, createEntry, type EntryInput, placeEntry } from '../entry/entry.ts'
export { canonicalEntryId, type EntryIdentity } from '../entry/entry-id.ts'
export type { EntryFields } from '../entry/fields.ts'
export type { JsonObject, JsonValue } from '../entry/json.ts'
export { type DecodedLine, decodeLine, encodeLine, readLine } from '../entry/line.ts'
export { ambiguityOf } from '../entry/strict-json.ts'
export { canonicalTimestamp } from '../entry/timestamp.ts'
export { AuditError, type AuditErrorCode } from '../errors.ts'
export { MerkleAccumulator } from '../merkle/accumulator.ts'
export { HASH_BYTES, hashAt, hashCount, hashesBetween, joinHashes } from '../merkle/hashes.ts'
export { createLeaf, type Leaf, leafHash } from '../merkle/leaf.ts'
export type { SubtreeStore } from '../merkle/subtree-store.ts'
export { flagFrom, type Given, invalidOptions, optionsOf } from '../options.ts'
export { selectionOfFilter } from '../query/query.ts'
export { type Cursor, compareEntries, matches, matchesMetadata, type Selection } from '../query/selection.ts'
export type { GroupKey, GroupValue } from '../summary/group-key.ts'
export type { SketchBin } from '../summary/latency-sketch.ts'
export { type SummarizedFields, Summarizer } from '../summary/summarizer.ts'
export { type SummaryFigures, summaryGroups } from '../summary/summary.ts'
export { STATUS_KEY, type SummaryPart, type SummaryRequest } from '../summary/summary-part.ts'
export {
  digestOf,
  digestOfOwnLine,
  digestsOf,
  type EntryDigest,
  type EntryDigests,
  isOwn,
  joinDigests,
} from '../verification/entry-digests.ts'
export type { Finding, FindingKind } from '../verification/finding.ts'
export { IMPORT_MODEL, type ImportedRange, importMetadata } from '../verification/imported-range.ts'
export type { AuditBackend, BackendSupport } from './backend.ts'
export { EntryIndex, type EntryIndexOptions, type IndexedFields, indexedFieldsOf } from './entry-index.ts'
export type { IndexSummary } from './index-summary.ts'
export { LifeCycle } from './life-cycle.ts'
export { type IndexingProgress, metadataIndexesFrom } from './metadata-indexes.ts'
export { packageAnchors, requirePackage } from './native-package.ts'
export { PAGE_BYTES, type Page, partialPage } from './page.ts'
