import { testIntegration } from '@audit/capture/kit'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { describe, it } from 'vitest'
import { auditModel } from '../src/index.ts'
import { StageModel } from './stage-model.ts'

/** A model whose provider is the kit's, as an integration with LangChain is that we know nothing of. */
testIntegration({
  describe,
  it,
  create: ({ model: stage, capture }) => {
    const bare = new StageModel(stage)
    const model: BaseChatModel = capture ? auditModel(bare, capture) : bare
    return {
      ask: async (question, { signal }) => (await model.invoke(question, signal && { signal })).text,
      // stream() reads one part ahead of the application, so that it would see less than was read.
      stream: async function* (question, { signal }) {
        for await (const chunk of model._streamIterator(question, signal && { signal })) yield chunk.text
      },
    }
  },
})
