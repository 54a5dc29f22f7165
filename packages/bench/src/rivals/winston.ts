import { once } from 'node:events'
import { join } from 'node:path'
import { createLogger, format, transports } from 'winston'
import type { Contender } from '../contender.ts'

/** winston to a file. It has no flush; its file tells of each line that it took. */
export const winston: Contender = {
  name: 'winston',
  durable: 'nothing: in memory until it is written',
  hashed: 'nothing',
  async open(folder) {
    const file = new transports.File({ filename: join(folder, 'winston.jsonl') })
    const logger = createLogger({ format: format.json(), transports: [file] })
    let pending = 0
    file.on('logged', () => {
      if (--pending === 0) file.emit('all-logged')
    })
    return {
      record: exchange => {
        pending++
        logger.info('exchange', exchange)
        return undefined
      },
      flush: async () => {
        if (pending > 0) await once(file, 'all-logged')
      },
      close: async () => void logger.end(),
    }
  },
}
