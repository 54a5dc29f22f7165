import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandError } from '../command-error.ts'
import type { Relay } from './relay.ts'

/** Clients keep connections for less, so that none is closed while a request is on its way. */
const KEEP_ALIVE_MS = 75_000

/** So many connections wait to be accepted; a system may allow fewer. */
const MOST_WAITING = 4096

/** Where a server listens. */
export interface Address {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
}

/** Serves a relay over HTTP. */
export class ProxyServer {
  readonly #server: Server
  readonly #handling = new Set<Promise<void>>()

  constructor(relay: Relay) {
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, reply) => {
      if (!this.#server.listening) reply.setHeader('connection', 'close') // it is being stopped
      const handling = relay.handle(request, reply)
      this.#handling.add(handling)
      void handling.finally(() => this.#handling.delete(handling)) // it never rejects
    })
  }

  /**
   * Begins to listen, and resolves with the address: `http://127.0.0.1:4141`.
   *
   * @throws CommandError for an address that cannot be used.
   */
  async listen({ host, port }: Address): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => reject(new CommandError(reasonOf(error, host, port)))
      this.#server.once('error', failed)
      this.#server.listen({ host, port, backlog: MOST_WAITING }, () => {
        this.#server.off('error', failed)
        resolve()
      })
    })
    const { address, port: bound, family } = this.#server.address() as AddressInfo // it listens on a port
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`
  }

  /** Accepts no more connections, and resolves once all requests are answered, or after so many milliseconds. */
  async finish(graceMs: number, hurry?: AbortSignal): Promise<void> {
    this.#server.close()
    this.#server.closeIdleConnections()
    const done = new AbortController()
    const signal = hurry ? AbortSignal.any([done.signal, hurry]) : done.signal
    await Promise.race([
      Promise.all(this.#handling),
      pause(graceMs, undefined, { signal }).catch(() => {}), // it was not needed, or somebody is in a hurry
    ])
    done.abort()
  }

  /** How many requests are being answered. */
  get open(): number {
    return this.#handling.size
  }

  /** Ends every connection. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `port ${port} is in use; give another one with --port, or 0 for any that is free`
  if (code === 'EACCES') return `port ${port} is not allowed; give one above 1023 with --port`
  return `the proxy cannot listen on ${host}: ${code ?? message}; give an address of this machine with --host`
}
