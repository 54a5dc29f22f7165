import { Readable } from 'node:stream'

/** Bytes that come when they are asked for. */
export interface ByteSource {
  /** The next bytes; `undefined` at the end. Rejects with what broke the source. */
  next(): Promise<Uint8Array | undefined>
  /** Nobody reads on. */
  cancel(reason: unknown): Promise<void>
}

/** The body of a response: a web stream, or a stream of Node.js, as node-fetch has it. */
export type ResponseBody = ReadableStream<Uint8Array> | Readable

/** Whether a body is a stream of Node.js. */
export function isNodeStream(body: unknown): body is Readable {
  const { pipe, destroy }: { readonly pipe?: unknown; readonly destroy?: unknown } = Object(body)
  return typeof pipe === 'function' && typeof destroy === 'function'
}

/** The bytes of a body, read as they are asked for. */
export function sourceOf(body: ResponseBody): ByteSource {
  return isNodeStream(body) ? nodeSource(body) : webSource(body)
}

function webSource(body: ReadableStream<Uint8Array>): ByteSource {
  const reader = body.getReader()
  return {
    next: async () => (await reader.read()).value,
    cancel: reason => reader.cancel(reason),
  }
}

function nodeSource(body: Readable): ByteSource {
  const chunks = body[Symbol.asyncIterator]()
  return {
    next: async () => {
      const { value, done } = await chunks.next()
      return done ? undefined : value
    },
    cancel: async reason => void body.destroy(reason instanceof Error ? reason : undefined),
  }
}

/** A stream of the same kind as a body, over other bytes. It reads nothing ahead. */
export function streamLike(body: ResponseBody, source: ByteSource): ResponseBody {
  return isNodeStream(body) ? nodeStream(source) : webStream(source)
}

function webStream(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull: async controller => {
        const bytes = await source.next()
        if (bytes === undefined) controller.close()
        else controller.enqueue(bytes)
      },
      cancel: reason => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function nodeStream(source: ByteSource): Readable {
  return new Readable({
    highWaterMark: 0,
    read() {
      source.next().then(
        bytes => this.push(bytes ?? null),
        error => this.destroy(error),
      )
    },
    destroy(error, callback) {
      source.cancel(error).then(
        () => callback(error),
        () => callback(error),
      )
    },
  })
}
