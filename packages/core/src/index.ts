export { AuditLog } from './audit-log.ts'
export type { AuditLogOptions } from './audit-log-options.ts'
export type { AuditBackend, BackendSupport } from './backend/backend.ts'
export { MemoryBackend, type MemoryBackendOptions } from './backend/memory-backend.ts'
export type { AuditEntry, EntryInput } from './entry/entry.ts'
export type { EntryFields } from './entry/fields.ts'
export { generateKey, type KeyPair } from './note/key.ts'
export type { ProveOptions } from './note/prove-options.ts'
export { createSigner, type Signer } from './note/signer.ts'
export type { Filter, Query, Range } from './query/query.ts'
export type { Prepare, PrepareContext, PreparedInput } from './recording/prepare.ts'
export type { DistinctValue } from './summary/distinct.ts'
export type { GroupKey, GroupValue, OwnGroupKey } from './summary/group-key.ts'
export type { SummaryFigures, SummaryGroup, SummaryLatency, SummaryTokens } from './summary/summary.ts'
export type { DistinctOptions, SummaryOptions } from './summary/summary-options.ts'
export type { Finding, FindingKind } from './verification/finding.ts'
export type { ImportedRange } from './verification/imported-range.ts'
export type {
  ComparedCheckpoint,
  VerificationControl,
  VerificationProgress,
  VerificationReport,
} from './verification/report.ts'
export type { VerifyOptions } from './verification/verify-options.ts'
export * from './verify.ts'
