import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contender.ts'

/** JSON lines appended to a file and synced, and nothing else. */
export const bareFile: Contender = {
  name: 'node:fs, bare: append, fdatasync',
  durable: 'synced; blocks the thread',
  hashed: 'nothing',
  async open(folder) {
    const file = openSync(join(folder, 'bare.jsonl'), 'a', 0o600)
    return {
      write: batch => {
        writeSync(file, batch.map(exchange => `${JSON.stringify(exchange)}\n`).join(''))
        fdatasyncSync(file)
      },
      close: async () => closeSync(file),
    }
  },
}
