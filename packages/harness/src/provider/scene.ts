import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { ProviderAnswer } from './answer.ts'
import { type Behaviour, jsonText, streamTexts, trickled } from './behaviour.ts'

const RATE_LIMITED = 2
const STREAM_TYPE = 'text/event-stream; charset=utf-8'

/** A place on the server that behaves in one way, and counts what is asked there. */
export class Scene {
  /** What a client takes for the provider's address: `http://127.0.0.1:4000/3/v1`. */
  readonly url: string
  readonly behaviour: Behaviour
  /** How many requests came. */
  requests = 0
  /** How many of them were answered with a status of 200: what a provider bills. */
  billed = 0
  /** How many bytes of bodies were sent. */
  bytes = 0

  constructor(url: string, behaviour: Behaviour) {
    this.url = url
    this.behaviour = behaviour
  }

  /** Answers a request in the way of this scene. */
  async answer(request: IncomingMessage, reply: ServerResponse, answer: ProviderAnswer, stream: boolean) {
    this.requests++
    if (this.behaviour === 'silent') return
    if (this.behaviour === 'reset' && this.requests === 1) return void request.socket.destroy()
    const refused = this.#refusal()
    if (refused !== undefined) return this.#refuse(reply, refused)
    this.billed++
    if (this.behaviour === 'no-content') return void reply.writeHead(200, { 'content-length': '0' }).end()
    if (stream) return this.#stream(reply, answer)
    return this.#json(reply, answer)
  }

  #refusal(): number | undefined {
    if (this.behaviour === 'rate-limited' && this.requests <= RATE_LIMITED) return 429
    if (this.behaviour === 'failing') return 500
    return this.behaviour === 'refused' ? 400 : undefined
  }

  #refuse(reply: ServerResponse, status: number): void {
    const error = { message: `the stand-in answers ${status}`, type: 'stand_in', code: String(status) }
    const text = JSON.stringify({ error })
    this.bytes += text.length
    reply.writeHead(status, {
      'content-type': 'application/json',
      'retry-after-ms': '1',
      'x-request-id': 'req_1',
      'request-id': 'req_1',
    })
    reply.end(text)
  }

  async #stream(reply: ServerResponse, answer: ProviderAnswer): Promise<void> {
    const texts = streamTexts(this.behaviour, answer)
    this.#head(reply, STREAM_TYPE)
    if (this.behaviour === 'gzip') return void reply.end(gzipSync(texts.join('')))
    if (this.behaviour.startsWith('endless')) return this.#endlessly(reply, texts)
    for (const text of this.behaviour === 'trickle' ? trickled(texts.join('')) : texts) {
      await this.#write(reply, text)
      if (this.behaviour === 'slow') await pause(5)
    }
    this.#finish(reply)
  }

  async #json(reply: ServerResponse, answer: ProviderAnswer): Promise<void> {
    const text = jsonText(this.behaviour, answer)
    this.#head(reply, 'application/json')
    if (this.behaviour === 'gzip') return void reply.end(gzipSync(text))
    if (this.behaviour === 'trickle') for (const piece of trickled(text)) await this.#write(reply, piece)
    else await this.#write(reply, text.slice(0, text.length / 2))
    if (this.behaviour === 'endless') return
    if (this.behaviour === 'slow') await pause(30)
    if (this.behaviour === 'cut') return this.#finish(reply)
    if (this.behaviour !== 'trickle') await this.#write(reply, text.slice(text.length / 2))
    this.#finish(reply)
  }

  #head(reply: ServerResponse, type: string): void {
    reply.writeHead(200, {
      'content-type': this.behaviour === 'wrong-type' ? 'text/html' : type,
      'x-request-id': 'req_1',
      'request-id': 'req_1',
      ...(this.behaviour === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    })
  }

  async #endlessly(reply: ServerResponse, texts: readonly string[]): Promise<void> {
    const begin = texts.slice(0, Math.ceil(texts.length / 2))
    const again = begin.at(-1) ?? ''
    for (const text of begin) await this.#write(reply, text)
    while (!reply.destroyed) await this.#write(reply, again)
  }

  /** Waits until the client takes more, and for a turn of the event loop, so that each write is a chunk of its own. */
  async #write(reply: ServerResponse, text: string | Buffer): Promise<void> {
    this.bytes += Buffer.byteLength(text)
    await new Promise<void>(resolve => {
      const closed = () => resolve()
      reply.once('close', closed)
      reply.write(text, () => {
        reply.off('close', closed)
        setImmediate(resolve)
      })
    })
  }

  #finish(reply: ServerResponse): void {
    if (this.behaviour === 'cut') reply.destroy()
    else reply.end()
  }
}
