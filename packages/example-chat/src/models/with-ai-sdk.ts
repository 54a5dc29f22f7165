import { createOpenAI } from '@ai-sdk/openai'
import { auditMiddleware } from '@audit/ai-sdk'
import type { Capture } from '@audit/capture'
import { streamText, type TextStreamPart, type ToolSet, wrapLanguageModel } from 'ai'
import type { Settings } from '../settings.ts'
import type { AskModel } from './ask-model.ts'

/** Asks with the AI SDK. */
export function askWithAiSdk({ apiKey, baseURL, model }: Settings, capture: Capture): AskModel {
  const openai = createOpenAI({ apiKey, baseURL })
  const audited = wrapLanguageModel({ model: openai(model), middleware: auditMiddleware(capture) })
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

/** `textStream` would be empty, as if all were well, where the call is refused, or its intent could not be recorded. */
async function* textsOf(stream: AsyncIterable<TextStreamPart<ToolSet>>): AsyncGenerator<string> {
  for await (const part of stream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta') yield part.text
  }
}
