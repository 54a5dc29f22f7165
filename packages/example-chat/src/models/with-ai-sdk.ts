import { createOpenAI } from '@ai-sdk/openai'
import { auditMiddleware } from '@audit/ai-sdk'
import type { Capture } from '@audit/capture'
import { streamText, type TextStreamPart, type ToolSet, wrapLanguageModel } from 'ai'
import type { Settings } from '../settings.ts'
import { type AskModel, brokeOff } from './ask-model.ts'

/** Asks with the AI SDK. */
export function askWithAiSdk({ apiKey, baseURL, model }: Settings, capture: Capture): AskModel {
  const openai = createOpenAI({ apiKey, baseURL })
  const audited = wrapLanguageModel({
    model: openai(model),
    middleware: auditMiddleware(capture, { provider: 'openai' }), // also through a gateway at OPENAI_BASE_URL
  })
  return (messages, signal) => {
    const { stream } = streamText({
      model: audited,
      messages: [...messages],
      abortSignal: signal,
      maxRetries: 0, // each attempt would be an entry, and so a turn
      onError: () => undefined, // it is thrown below
    })
    return textsOf(stream)
  }
}

/**
 * `textStream` would be empty, as if all were well, where the call is refused, or its intent could not be recorded; and just end
 * where the answer is cut, or aborted.
 */
async function* textsOf(stream: AsyncIterable<TextStreamPart<ToolSet>>): AsyncGenerator<string> {
  let isWhole = false
  for await (const part of stream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta') yield part.text
    if (part.type === 'finish') isWhole = part.finishReason !== 'interrupted'
  }
  if (!isWhole) throw brokeOff()
}
