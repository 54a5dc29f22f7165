import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { CommandError } from '../command-error.ts'
import { Guard } from './guard.ts'
import type { ViewSource } from './source.ts'
import { createViewApp } from './view-app.ts'

/** A page that is being served. Dispose of it to end all connections. */
export interface ServedView extends AsyncDisposable {
  /** The address to open, with its token. */
  readonly url: string
}

/** Only programs on this machine reach it. */
const LOOPBACK = '127.0.0.1'

/**
 * Serves the page on the loopback address.
 *
 * @param port 0 for any that is free.
 * @throws CommandError if the port is taken or not allowed.
 */
export async function serveView(source: ViewSource, port = 0): Promise<ServedView> {
  const server = createServer()
  const actual = await listen(server, port)
  const guard = new Guard(actual)
  server.on(
    'request',
    getRequestListener(createViewApp(source, guard).fetch, { overrideGlobalObjects: false }),
  )
  return {
    url: `http://${LOOPBACK}:${actual}/?token=${guard.token}`,
    [Symbol.asyncDispose]: () => stop(server),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', cause => fail(cannotListen(port, cause)))
    server.listen(port, LOOPBACK, () => {
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function cannotListen(port: number, cause: Error): CommandError {
  return new CommandError(
    `the page cannot be served on port ${port}; leave --port out for one that is free`,
    { cause },
  )
}

function stop(server: Server): Promise<void> {
  return new Promise(done => {
    server.close(() => done())
    server.closeAllConnections()
  })
}
