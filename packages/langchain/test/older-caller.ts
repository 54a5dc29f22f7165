import type { ChatOpenAI } from '@langchain/openai'

type Send = (...given: unknown[]) => Promise<unknown>

/** Sends requests again as LangChain's core 1.0 has it, in one method, but without a pause. */
class OlderCaller {
  readonly maxRetries = 2

  async call(send: Send, ...sent: unknown[]): Promise<unknown> {
    for (let retries = 0; ; retries++) {
      try {
        return await send(...sent)
      } catch (error) {
        if (retries === this.maxRetries) throw error
      }
    }
  }

  callWithOptions(_options: unknown, send: Send, ...sent: unknown[]): Promise<unknown> {
    return this.call(send, ...sent)
  }
}

/** Gives a model the caller of an older version. */
export function withOlderCaller(model: ChatOpenAI): ChatOpenAI {
  Object.assign(Reflect.get(model, 'completions'), { caller: new OlderCaller() })
  return model
}
