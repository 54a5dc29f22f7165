import type { AuditLog, Signer, Verifier } from '@audit/core'
import type { AuditBackend } from '@audit/core/backend'

/** What the page shows: an open, read-only log, and what is known to check it with. */
export interface ViewSource {
  readonly log: AuditLog
  /** The backend that the log was made with: it sums up in parts, which add up to what the overview shows. */
  readonly backend: AuditBackend
  readonly name: string
  /** Without a password. */
  readonly location: string
  readonly sessionKey: string
  /** A signed checkpoint that was kept elsewhere. */
  readonly checkpoint?: string | undefined
  /** The log's key, then those of witnesses. */
  readonly verifiers: readonly Verifier[]
  /** Makes receipts towards a new checkpoint. */
  readonly signer?: Signer | undefined
}
