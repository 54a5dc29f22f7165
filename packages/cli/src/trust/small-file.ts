import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { assertNoPrivateKey } from './private-key.ts'

/** A checkpoint, a key or a policy is never larger. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads a small text file exactly as it is, byte-order mark included; `-` is standard input. It never waits, as the opening
 * of a FIFO would.
 *
 * @param what names what the file should hold, for messages: `a checkpoint`.
 * @throws CommandError if it cannot be read, is too large, or is not UTF-8.
 */
export async function readSmallFile(
  context: Context,
  path: string,
  what: string,
  maxBytes = MAX_BYTES,
): Promise<string> {
  const bytes = await readSmallBytes(context, path, what, maxBytes)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CommandError(
      `${nameOf(path)} is not UTF-8, so it is not ${what}; get it again, as a file that no program has converted`,
    )
  }
}

/** The same for a file that may hold any bytes. */
export async function readSmallBytes(
  context: Context,
  path: string,
  what: string,
  maxBytes = MAX_BYTES,
): Promise<Buffer> {
  assertNoPrivateKey(path)
  return path === '-' ? readInput(context, what, maxBytes) : readFileOf(context, path, what, maxBytes)
}

/** How messages call a path that may be `-`. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}

async function readFileOf({ cwd }: Context, path: string, what: string, maxBytes: number): Promise<Buffer> {
  const file = resolve(cwd, path)
  try {
    const stats = await stat(file)
    if (!stats.isFile()) throw new CommandError(`${path} is not a file; give the file that holds ${what}`)
    if (stats.size > maxBytes) throw tooLarge(path, what)
    await using handle = await open(file, 'r')
    return await handle.readFile()
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    if (code === 'ENOENT') throw new CommandError(`${path} does not exist; give the file that holds ${what}`)
    throw new CommandError(`${path} cannot be read: ${code ?? message}; ask its owner for permission`)
  }
}

async function readInput({ stdin, signal }: Context, what: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const stop = () => stdin.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk)
      size += bytes.length
      if (size > maxBytes) throw tooLarge('-', what)
      chunks.push(bytes)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return Buffer.concat(chunks)
}

function tooLarge(path: string, what: string): CommandError {
  return new CommandError(`${nameOf(path)} is too large to be ${what}; give the file that holds it`)
}
