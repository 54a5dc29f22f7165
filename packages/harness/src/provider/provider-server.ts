import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { REAL_EXCHANGES, realExchanges } from '../real-exchanges.ts'
import type { ProviderAnswer } from './answer.ts'
import type { Behaviour } from './behaviour.ts'
import { chatCompletion } from './chat-completions.ts'
import { embeddings } from './embeddings.ts'
import { message } from './messages.ts'
import { isRecord, type JsonRecord } from './question.ts'
import { response } from './responses.ts'
import { Scene } from './scene.ts'

type Format = (body: JsonRecord, known: ReadonlyMap<string, string>) => ProviderAnswer

/** The formats, by the end of their path. */
const FORMATS: readonly (readonly [path: string, format: Format])[] = [
  ['/chat/completions', chatCompletion],
  ['/responses', response],
  ['/embeddings', embeddings],
  ['/messages', message],
]

/**
 * A stand-in for the providers of models: it speaks their wire formats over HTTP on this machine, and misbehaves where a
 * test wants it to. It answers a known question as the real exchanges have it, and repeats any other.
 *
 * @example
 * await using server = await ProviderServer.start()
 * const scene = server.scene('cut')
 * const client = new OpenAI({ baseURL: scene.url, apiKey: 'none' })
 */
export class ProviderServer implements AsyncDisposable {
  readonly #server: Server
  readonly #known: ReadonlyMap<string, string>
  readonly #scenes: Scene[] = []

  private constructor(answers: Readonly<Record<string, string>>) {
    const exchanges = REAL_EXCHANGES === undefined ? [] : realExchanges()
    const real = exchanges.map(({ inputText, outputText }) => [inputText, outputText] as const)
    this.#known = new Map([...real, ...Object.entries(answers)])
    this.#server = createServer((request, reply) => void this.#serve(request, reply))
  }

  /** Starts a server on a port of its own, which also knows these answers, by their questions. */
  static async start(answers: Readonly<Record<string, string>> = {}): Promise<ProviderServer> {
    const started = new ProviderServer(answers)
    await new Promise<void>(resolve => started.#server.listen(0, '127.0.0.1', resolve))
    return started
  }

  /** Where it listens: `127.0.0.1:4000`. */
  get host(): string {
    return `127.0.0.1:${this.#port}`
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port // it listens on a port, so the address is one
  }

  /** A new place on the server that behaves in this way. */
  scene(behaviour: Behaviour = 'fine'): Scene {
    const scene = new Scene(`http://${this.host}/${this.#scenes.length}/v1`, behaviour)
    this.#scenes.push(scene)
    return scene
  }

  /** Ends the server, and every connection to it. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    try {
      const [, number] = /^\/(\d+)\//.exec(request.url ?? '') ?? []
      const scene = this.#scenes[Number(number)]
      const path = new URL(request.url ?? '/', 'http://stand-in').pathname
      const format = FORMATS.find(([end]) => path.endsWith(end))?.[1]
      if (!scene || !format || request.method !== 'POST') return void reply.writeHead(404).end()
      const body: unknown = JSON.parse(await text(request))
      if (!isRecord(body)) return void reply.writeHead(400).end()
      await scene.answer(request, reply, format(body, this.#known), body.stream === true)
    } catch {
      reply.destroy() // the client left in the middle, or sent what is no JSON
    }
  }
}
