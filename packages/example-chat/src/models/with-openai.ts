import type { Capture } from '@audit/capture'
import { auditOpenAI } from '@audit/openai'
import OpenAI from 'openai'
import type { Settings } from '../settings.ts'
import type { AskModel } from './ask-model.ts'

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

async function* textsOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
  for await (const { choices } of stream) yield choices[0]?.delta.content ?? ''
}
