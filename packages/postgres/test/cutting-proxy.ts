import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What happens to a connection when a batch comes along: it is cut before the server gets the batch; or after that, so
 * that the server commits and its answer is lost; or nothing comes through any more, and nobody tells.
 */
export type Cut = 'before' | 'after' | 'silence'

/** Stands between clients and a server, and cuts connections in which a batch is on its way. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Where new connections go. */
  target: URL
  /** What happens to the next batch. */
  next: Cut | undefined
  /** How many connections were cut. */
  cuts = 0

  private constructor(target: URL) {
    this.target = target
    this.#server = createServer(client => this.#join(client))
  }

  static async start(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(target))
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** How to connect through here. */
  get url(): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy is not listening')
    const url = new URL(this.target)
    url.hostname = '127.0.0.1'
    url.port = `${address.port}`
    return url.href
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname)
    let cut: Cut | undefined
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (cut === undefined) other.destroy()
      })
    }
    client.on('data', chunk => {
      if (cut) return
      cut = chunk.includes('audit.append') ? this.#take() : undefined
      if (cut === 'before') server.destroy()
      if (cut === 'before' || cut === 'after') client.destroy()
      if (cut === undefined || cut === 'after') server.write(chunk)
    })
    server.on('data', chunk => {
      if (cut === 'after') server.destroy() // it has committed
      if (cut === undefined) client.write(chunk)
    })
  }

  #take(): Cut | undefined {
    const cut = this.next
    this.next = undefined
    if (cut) this.cuts++
    return cut
  }
}
