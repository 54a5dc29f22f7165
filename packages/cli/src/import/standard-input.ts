import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Context } from '../context.ts'
import { JsonlSource } from './jsonl-source.ts'
import type { Source, SourceItem } from './source.ts'

/** JSON Lines from standard input, kept in a temporary file: an import that goes on reads its source twice. */
export class StandardInput implements Source {
  readonly name = 'standard input'
  readonly format = 'jsonl'
  readonly total = undefined
  readonly #folder: string
  readonly #file: JsonlSource

  private constructor(folder: string, path: string) {
    this.#folder = folder
    this.#file = new JsonlSource({ kind: 'file', path, name: this.name })
  }

  /** Reads standard input to its end. */
  static async of({ stdin, signal }: Context): Promise<StandardInput> {
    const folder = await mkdtemp(join(tmpdir(), 'audit-')) // readable by this user only
    const path = join(folder, 'input.jsonl')
    try {
      await pipeline(stdin, createWriteStream(path), { signal })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
    return new StandardInput(folder, path)
  }

  items(): AsyncIterable<SourceItem> {
    return this.#file.items()
  }

  sha256(): Promise<string | undefined> {
    return this.#file.sha256()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}
