import type { Context } from '../context.ts'
import type { OpenLog } from '../log/open-log.ts'
import type { Anchor, Anchors } from '../trust/anchor.ts'
import type { Trust } from '../trust/trust.ts'

/** What the page shows: a log that is open, and what is known to check it with. */
export interface ViewSource extends Pick<OpenLog, 'log' | 'backend' | 'kind' | 'location'> {
  readonly context: Context
  /** The key of the metadata that groups entries into sessions. */
  readonly sessionKey: string
  /** Whose signatures count. */
  readonly trust: Trust | undefined
  /** The checkpoints that were kept elsewhere. */
  readonly anchors: Anchors
}

/** The checkpoint that covers most, if there is one to be trusted. */
export function newestAnchor({ trusted }: Anchors): Anchor | undefined {
  return trusted.toSorted((a, b) => b.checkpoint.size - a.checkpoint.size)[0]
}
