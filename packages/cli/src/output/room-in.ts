import type { Writable } from 'node:stream'

/** Resolves once a stream has room for more, has failed or is closed. It leaves no listener behind. */
export async function roomIn(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return
  await new Promise<void>(resolve => {
    const resume = () => {
      for (const event of EVENTS) stream.off(event, resume)
      resolve()
    }
    for (const event of EVENTS) stream.on(event, resume)
  })
}

const EVENTS = ['drain', 'close', 'error'] as const
