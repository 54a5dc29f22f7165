import { join } from 'node:path'
import { destination, pino } from 'pino'
import type { Contender } from '../contender.ts'

/** pino to a file, as its documentation advises for speed: lines gather in memory and are written in pieces of 4 KiB. */
export const pinoAsync: Contender = {
  name: 'pino, async',
  durable: 'nothing: in memory until it is written',
  hashed: 'nothing',
  async open(folder) {
    const file = destination({ dest: join(folder, 'pino.jsonl'), sync: false, minLength: 4096 })
    const logger = pino(file)
    return {
      record: exchange => {
        logger.info(exchange)
        return undefined
      },
      flush: () => new Promise((resolve, reject) => file.flush(error => (error ? reject(error) : resolve()))),
      close: async () => file.end(),
    }
  },
}
