import { constants, isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { FileLocation } from '../log/log-location.ts'
import type { Source, SourceItem } from './source.ts'
import { entryOfLine } from './source-line.ts'

const CHUNK_BYTES = 1024 * 1024
const NEWLINE = 0x0a
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** A JSONL file, of SynapseKit or of this package. */
export class JsonlSource implements Source {
  readonly name: string
  readonly format = 'jsonl'
  readonly findings = []
  readonly total = undefined
  readonly #path: string
  #sha256: string | undefined

  constructor({ path }: FileLocation) {
    this.name = basename(path)
    this.#path = path
  }

  async *items(): AsyncGenerator<SourceItem, void, undefined> {
    let number = 0
    for await (const line of this.#lines()) {
      number++
      const where = `line ${number}`
      if (line === 'too-long') yield { where, reason: 'it is longer than an entry can be' }
      else yield* itemsOf(where, number === 1 ? withoutMark(line) : line)
    }
  }

  async sha256(): Promise<string | undefined> {
    return this.#sha256
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Lines without their newlines. The last one counts without a newline too: if it is cut off, it is no entry. */
  async *#lines(): AsyncGenerator<Buffer | 'too-long', void, undefined> {
    const hash = createHash('sha256')
    const line = new GrowingLine()
    for await (const chunk of chunksOf(this.#path)) {
      hash.update(chunk)
      let start = 0
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        line.add(chunk.subarray(start, end))
        yield line.take()
        start = end + 1
      }
      line.add(chunk.subarray(start))
    }
    if (!line.isEmpty) yield line.take()
    this.#sha256 = hash.digest('hex')
  }
}

function* itemsOf(where: string, line: Buffer): Generator<SourceItem, void, undefined> {
  if (!isUtf8(line)) return yield { where, reason: 'it is not UTF-8' }
  const text = line.toString()
  if (text.trim() === '') return // a blank line says nothing
  const entry = entryOfLine(text)
  yield 'reason' in entry ? { where, reason: entry.reason } : { where, entry }
}

/** Editors on Windows write a byte-order mark. */
function withoutMark(line: Buffer): Buffer {
  return line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  await using file = await open(path, 'r')
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** A line whose end was not read yet. What is too long to become a string is dropped. */
class GrowingLine {
  #parts: Buffer[] = []
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(part: Buffer): void {
    this.#length += part.length
    if (this.#length > constants.MAX_STRING_LENGTH) this.#parts = []
    else this.#parts.push(part)
  }

  take(): Buffer | 'too-long' {
    const line = this.#length > constants.MAX_STRING_LENGTH ? 'too-long' : Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    return line
  }
}
