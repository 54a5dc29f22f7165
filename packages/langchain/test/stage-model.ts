import type { Model } from '@audit/capture/kit'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'

const USAGE: UsageMetadata = {
  input_tokens: 30,
  output_tokens: 12,
  total_tokens: 42,
  input_token_details: { cache_read: 20, cache_creation: 5 },
  output_token_details: { reasoning: 3 },
}

/** A chat model of LangChain that has no client, and no streams: the parts of its answers come from a function. */
export class WholeModel extends BaseChatModel {
  protected readonly stage: Model

  constructor(stage: Model) {
    super({})
    this.stage = stage
  }

  override _llmType(): string {
    return 'stage'
  }

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    _runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let text = ''
    for await (const part of this.stage(said(messages), options.signal)) text += part
    const message = new AIMessage({
      content: text,
      response_metadata: { model_name: 'stage-1', finish_reason: 'stop' },
    })
    // Its type takes no usage in the constructor.
    return { generations: [{ text, message: Object.assign(message, { usage_metadata: USAGE }) }] }
  }
}

/** One that streams. */
export class StageModel extends WholeModel {
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for await (const text of this.stage(said(messages), options.signal)) {
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk(text) })
      yield chunk
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk })
    }
  }
}

function said(messages: readonly BaseMessage[]): string {
  return messages.map(({ text }) => text).join('\n')
}

/** An answer in these parts. */
export function answering(...parts: readonly string[]): Model {
  return async function* (_, signal) {
    for (const part of parts) {
      signal?.throwIfAborted()
      yield part
      await new Promise(setImmediate)
    }
  }
}
