import type { Signer, Verifier } from '@audit/core'
import type { Context } from '../context.ts'
import type { OpenLog } from '../log/open-log.ts'

/** What the page shows: a log that is open, and what is known to check it with. */
export interface ViewSource extends Pick<OpenLog, 'log' | 'backend' | 'name'> {
  readonly context: Context
  readonly sessionKey: string
  /** A signed checkpoint that was kept elsewhere. */
  readonly checkpoint?: string | undefined
  /** The log's key, then those of witnesses. */
  readonly verifiers: readonly Verifier[]
  /** Makes receipts towards a new checkpoint. */
  readonly signer?: Signer | undefined
}
