import { createHash } from 'node:crypto'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { nameOf, readSmallFile } from '../trust/small-file.ts'

/** The names of API keys, which are known by their hashes alone. */
export class KeyNames {
  readonly #names: ReadonlyMap<string, string>

  /** @param names names by the SHA-256 of the key, 64 hexadecimal digits in lower case. */
  constructor(names: ReadonlyMap<string, string> = new Map()) {
    this.#names = names
  }

  /** The name of a key; `undefined` for one that has none. */
  nameOf(key: string): string | undefined {
    return this.#names.get(createHash('sha256').update(key).digest('hex'))
  }
}

/** Room for the names of 100,000 keys. */
const MAX_BYTES = 16 * 1024 * 1024
const LINE = /^([\da-f]{64})\s+(\S.*)$/i

/**
 * Reads a file of names: on each line the SHA-256 of a key and its name, as `sha256sum` prints them. Empty lines and those that
 * begin with `#` are left out.
 *
 * @throws CommandError for a file that cannot be read, and for a line that is none; it is named by its number, since what stands
 *   there may be a key.
 */
export async function readKeyNames(context: Context, path: string): Promise<KeyNames> {
  const text = await readSmallFile(context, path, 'the names of keys', MAX_BYTES)
  const names = new Map<string, string>()
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, hash, name] = LINE.exec(trimmed) ?? []
    if (hash === undefined || name === undefined) {
      throw new CommandError(
        `line ${i + 1} of ${nameOf(path)} must be the SHA-256 of a key, 64 hexadecimal digits, and its name`,
      )
    }
    names.set(hash.toLowerCase(), name)
  }
  return new KeyNames(names)
}
