import type { Capture } from '@audit/capture'
import { auditOpenAI } from '@audit/openai'
import OpenAI from 'openai'
import type { Settings } from '../settings.ts'
import { type AskModel, brokeOff } from './ask-model.ts'

/** Asks with OpenAI's SDK. */
export function askWithOpenAI({ apiKey, baseURL, model }: Settings, capture: Capture): AskModel {
  const openai = auditOpenAI(new OpenAI({ apiKey, baseURL }), capture, {
    provider: 'openai', // also through a gateway at OPENAI_BASE_URL
  })
  return async (messages, signal) => {
    const stream = await openai.chat.completions.create(
      { model, messages: [...messages], stream: true, stream_options: { include_usage: true } }, // or no cost is known
      { signal },
    )
    return textsOf(stream)
  }
}

/** The SDK's loop just ends where an answer is cut, or aborted: only a whole one says why it stopped. */
async function* textsOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
  let isWhole = false
  for await (const { choices } of stream) {
    const [choice] = choices
    if (choice?.finish_reason) isWhole = true
    yield choice?.delta.content ?? ''
  }
  if (!isWhole) throw brokeOff()
}
