import type { Contender } from '../contender.ts'
import { hashedLineOf } from './unavoidable.ts'

/** The unavoidable of a log in memory in one bare loop. */
export const unavoidableMemory: Contender = {
  name: 'bare loop: UUID, line, SHA-256',
  durable: 'nothing: in memory',
  hashed: 'SHA-256 leaf',
  async open() {
    const hashes: Uint8Array[] = []
    return {
      write: batch => {
        for (const exchange of batch) hashes.push(hashedLineOf(exchange).hash)
      },
      close: async () => {},
    }
  },
}
