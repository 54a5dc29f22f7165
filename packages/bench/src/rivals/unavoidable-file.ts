import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contender.ts'
import { hashedLineOf } from './unavoidable.ts'

/** The unavoidable of a durable JSONL log in one bare loop, on the main thread. */
export const unavoidableFile: Contender = {
  name: 'bare loop: UUID, line, SHA-256, append, fdatasync',
  durable: 'synced; blocks the thread',
  hashed: 'SHA-256 leaf',
  async open(folder) {
    const file = openSync(join(folder, 'bare.jsonl'), 'a', 0o600)
    return {
      write: batch => {
        const lines = batch.map(exchange => `${hashedLineOf(exchange).line}\n`)
        writeSync(file, lines.join(''))
        fdatasyncSync(file)
      },
      close: async () => closeSync(file),
    }
  },
}
