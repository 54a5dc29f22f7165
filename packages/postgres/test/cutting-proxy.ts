import { connect, createServer, type Server, type Socket } from 'node:net'

/** When a connection is cut: before the server gets a batch, or after it, so that it commits and its answer is lost. */
export type Cut = 'before' | 'after'

/** Stands between a client and its server, and cuts connections in which a batch is on its way. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What happens to the next batch. */
  next: Cut | undefined
  /** How many connections were cut. */
  cuts = 0

  private constructor(target: URL) {
    this.#server = createServer(client => this.#join(client, target))
  }

  static async start(target: URL): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** The same connection string, but through here. */
  urlOf(target: URL): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy is not listening')
    const url = new URL(target)
    url.port = `${address.port}`
    return url.href
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(client: Socket, target: URL): void {
    const server = connect(Number(target.port), target.hostname)
    let isCut = false
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.on('data', chunk => {
      const cut = chunk.includes('audit.append') ? this.next : undefined
      if (cut) {
        this.next = undefined
        this.cuts++
        isCut = true
        client.destroy()
        if (cut === 'before') server.destroy()
      }
      if (cut !== 'before') server.write(chunk)
    })
    server.on('data', chunk => {
      if (isCut)
        server.destroy() // the answer, which the client never gets
      else client.write(chunk)
    })
    client.on('end', () => server.end())
    server.on('end', () => client.end())
  }
}
