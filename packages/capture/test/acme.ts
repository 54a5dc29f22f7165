import type { Call, CallStart, Capture } from '../src/index.ts'
import { IdleTimer, tooLate } from '../src/integration.ts'
import type { AskOptions, IntegrationClient, Model } from '../src/kit/index.ts'

/** An invented SDK. */
export class Acme implements IntegrationClient {
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
  }

  async ask(question: string, { signal }: AskOptions): Promise<string> {
    let answer = ''
    for await (const part of this.#model(question, signal)) answer += part
    return answer
  }

  stream(question: string, { signal }: AskOptions): AsyncIterable<string> {
    return this.#model(question, signal)
  }
}

/** How to begin a call of it. */
export function startOf(question: string, { signal }: AskOptions): CallStart {
  return { provider: 'acme', operation: 'chat', requestModel: 'acme-1', input: question, signal }
}

/** An integration of it that keeps to everything. */
export function auditAcme(acme: IntegrationClient, capture: Capture): IntegrationClient {
  return {
    async ask(question, options) {
      const call = capture.begin(startOf(question, options))
      await call.ready()
      const answer = await call.run(() => acme.ask(question, options)).catch(error => failed(call, error))
      await call.end({ status: 'ok', output: answer })
      return answer
    },
    stream(question, options) {
      const call = capture.begin(startOf(question, options)) // now, and not when it is read
      const parts = call.ready().then(() => call.run(() => acme.stream?.(question, options) ?? []))
      parts.catch(() => undefined) // whoever reads it meets that
      return recorded(call, parts, new IdleTimer(call, capture.idleMs))
    },
  }
}

type Parts = AsyncIterable<string> | Iterable<string>

async function* recorded(call: Call, parts: Promise<Parts>, idle: IdleTimer) {
  idle.stop()
  try {
    for await (const part of await parts) {
      if (call.hasEnded) throw tooLate()
      call.chunk(part)
      idle.start()
      yield part
      idle.stop()
    }
    await call.end({ status: 'ok' })
  } catch (error) {
    await failed(call, error)
  } finally {
    idle.end()
    call.abandon({ status: 'cancelled' }) // counts only where the consumer left
  }
}

async function failed(call: Call, error: unknown): Promise<never> {
  await call.end({ status: 'error', errorType: error instanceof Error ? error.name : 'unknown' })
  throw error
}
