import type { Context } from '../context.ts'
import type { OpenLog } from '../log/open-log.ts'
import type { Trust } from '../trust/trust.ts'

/** What the page shows: a log that is open, and what is known to check it with. */
export interface ViewSource extends Pick<OpenLog, 'log' | 'backend' | 'name'> {
  readonly context: Context
  /** The key of the metadata that groups entries into sessions. */
  readonly sessionKey: string
  readonly anchor: Anchor | undefined
}

/** A checkpoint that was kept elsewhere, not checked yet, and whose signatures count. */
export interface Anchor {
  /** The signed note. */
  readonly text: string
  readonly trust: Trust
}
