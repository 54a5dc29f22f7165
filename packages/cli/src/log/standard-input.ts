import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { privateFolder } from '../private-folder.ts'
import type { FileLocation } from './log-location.ts'

/** A log that came by standard input, in a file of its own until it is disposed of. */
export interface ReceivedLog extends AsyncDisposable {
  readonly location: FileLocation
}

/**
 * Keeps what comes by standard input in a temporary file that this user alone may read: a log is read more than once.
 *
 * @throws CommandError when it cannot be kept, as on a full disk; the signal's reason.
 */
export async function receiveLog({ stdin, signal }: Context): Promise<ReceivedLog> {
  const folder = await privateFolder()
  const remove = () => folder[Symbol.asyncDispose]()
  const path = join(folder.path, 'received')
  try {
    await pipeline(stdin, createWriteStream(path, { mode: 0o600 }), { signal })
  } catch (error) {
    await remove()
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(
      `standard input cannot be kept in ${tmpdir()}: ${reason}; free some space, or set TMPDIR`,
    )
  }
  return { location: { kind: 'file', path, name: 'standard input' }, [Symbol.asyncDispose]: remove }
}
