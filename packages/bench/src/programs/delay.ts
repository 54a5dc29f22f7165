import { connect, createServer, type Socket } from 'node:net'
import { serverUrl } from '@audit/harness'
import { DelayLine } from '../delay/delay-line.ts'
import { serve } from '../subject.ts'

// Stands between other processes and the server, and makes each round trip longer by so many milliseconds.

const [roundTrip = ''] = process.argv.slice(2)
const target = serverUrl()
const line = new DelayLine(Number(roundTrip) / 2)

const proxy = createServer(client => {
  const server = connect(Number(target.port), target.hostname)
  pass(client, server)
  pass(server, client)
})

/** What one end sends reaches the other, later. Nothing slows down who sends. */
function pass(from: Socket, to: Socket): void {
  from.setNoDelay()
  from.on('data', chunk => line.push(() => to.write(chunk)))
  from.on('end', () => line.push(() => to.end()))
  from.on('error', () => to.destroy())
}

export const commands = serve({
  /** How to connect to the server through here. */
  listen: async () => {
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy is not listening')
    const url = new URL(target)
    url.host = `127.0.0.1:${address.port}`
    return url.href
  },
})
