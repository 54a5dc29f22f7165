import { join } from 'node:path'
import { destination, pino } from 'pino'
import type { Contender } from '../contender.ts'

/** pino to a file, each line written before the call returns. */
export const pinoSync: Contender = {
  name: 'pino, sync',
  durable: 'not synced: in the system cache; blocks the thread',
  hashed: 'nothing',
  async open(folder) {
    const file = destination({ dest: join(folder, 'pino.jsonl'), sync: true })
    const logger = pino(file)
    return {
      record: exchange => {
        logger.info(exchange)
        return undefined
      },
      close: async () => file.end(),
    }
  },
}
