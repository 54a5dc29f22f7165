export { AuditLog, type AuditLogOptions, type VerifyOptions } from './audit-log.ts'
export type { AuditBackend, BackendSupport } from './backend.ts'
export { canonicalJson } from './canonical-json.ts'
export { type AuditEntry, createEntry, type EntryFields, type EntryInput, placeEntry } from './entry.ts'
export { canonicalEntryId } from './entry-id.ts'
export { EntryIndex, type IndexedFields } from './entry-index.ts'
export { AuditError, type AuditErrorCode } from './errors.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { decodeLine, encodeLine } from './line.ts'
export { MemoryBackend } from './memory-backend.ts'
export { createLeaf, HASH_BYTES, type Leaf, leafHash } from './merkle/leaf.ts'
export type { SubtreeStore } from './merkle/subtree-store.ts'
export { packageAnchors, requirePackage } from './native-package.ts'
export type { Checkpoint } from './note/checkpoint.ts'
export { encodePublicKey, generateKey, type KeyPair } from './note/key.ts'
export { createSigner, type Signer } from './note/signer.ts'
export { createVerifier, type Verifier } from './note/verifier.ts'
export {
  type Cosignature,
  type Trust,
  type VerifiedCheckpoint,
  type VerifyCheckpointOptions,
  verifyCheckpoint,
} from './note/verify-checkpoint.ts'
export { type VerifyConsistencyOptions, verifyConsistency } from './note/verify-consistency.ts'
export { type VerifyProofOptions, verifyProof } from './note/verify-proof.ts'
export { type Given, invalidOptions, optionsOf } from './options.ts'
export { PAGE_BYTES, type Page, partialPage } from './page.ts'
export type { Filter, Query, Range } from './query.ts'
export { type Cursor, compareEntries, matches, matchesMetadata, type Selection } from './selection.ts'
export { canonicalTimestamp } from './timestamp.ts'
export type { Finding, FindingKind } from './verification/finding.ts'
export type { VerificationControl, VerificationProgress, VerificationReport } from './verification/report.ts'
