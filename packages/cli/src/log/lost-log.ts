import { type BigIntStats, statSync } from 'node:fs'
import { CommandError } from '../command-error.ts'
import type { OpenLog } from './open-log.ts'

/** How often the path of a log is looked at, in milliseconds. */
const INTERVAL_MS = 1000

/** A signal that comes once the log is no longer where it was. Dispose of it to look no further. */
export interface LostLog extends Disposable {
  /** Its reason is a CommandError. */
  readonly signal: AbortSignal
}

/**
 * Looks from time to time whether the path of a log still leads to the file that is open. A file that was moved, replaced or
 * removed stays readable to whoever has it open, and gets no further entry: a follower would wait for ever.
 */
export function lostLog({ location, name }: Pick<OpenLog, 'location' | 'name'>): LostLog {
  const lost = new AbortController()
  if (location.kind !== 'file') return { signal: lost.signal, [Symbol.dispose]() {} }
  const opened = statsOf(location.path)
  let isSuspected = false
  const timer = setInterval(() => {
    const isThere = isSameFile(opened, statsOf(location.path))
    // The second time, so that what was recorded just before has been read.
    if (!isThere && isSuspected) {
      lost.abort(
        new CommandError(
          `${name} was moved, replaced or removed, so that what is recorded now would not be seen; run the command again`,
        ),
      )
    }
    isSuspected = !isThere
  }, INTERVAL_MS).unref()
  return { signal: lost.signal, [Symbol.dispose]: () => clearInterval(timer) }
}

/** `undefined` if there is no file; `'unknown'` if that cannot be told now, as when a network drive does not answer. */
type Stats = BigIntStats | undefined | 'unknown'

function statsOf(path: string): Stats {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return 'unknown'
  }
}

function isSameFile(opened: Stats, now: Stats): boolean {
  if (opened === 'unknown' || now === 'unknown') return true
  return opened !== undefined && opened.ino === now?.ino && opened.dev === now.dev
}
