import { type Model as Answers, testIntegration } from '@audit/capture/kit'
import { describe, it } from 'vitest'
import { auditMiddleware } from '../src/index.ts'
import { noUsage, stopReason } from './made-model.ts'
import { type Model, SDKS } from './sdks.ts'

describe.each(SDKS)('ai $major', ({ ai, major }) => {
  testIntegration({
    describe,
    it,
    create: ({ model: answers, capture }) => {
      const bare = modelOf(answers, major)
      const model = capture
        ? ai.wrapLanguageModel({ model: bare, middleware: auditMiddleware(capture) })
        : bare
      return {
        ask: async (prompt, { signal }) =>
          (await ai.generateText({ model, prompt, maxRetries: 2, ...withSignal(signal) })).text,
        stream: (question, { signal }) => texts(model, question, signal),
      }
    },
  })
})

function withSignal(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {}
}

/** The stream of the model itself: `streamText` reads it, and stops at no `break`. */
async function* texts(model: Model, text: string, signal: AbortSignal | undefined) {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }]
  const { stream } = await model.doStream({ prompt, ...withSignal(signal) })
  for await (const part of stream) if (part.type === 'text-delta') yield part.delta
}

type Options = Parameters<Model['doStream']>[0]

/** A model of a specification that says what the kit gives it to say. */
function modelOf(answers: Answers, major: number): Model {
  const ask = ({ prompt, abortSignal }: Options) => answers(JSON.stringify(prompt), abortSignal)
  const finish = { finishReason: stopReason(major), usage: noUsage(major) }
  const model = {
    specificationVersion: `v${major - 3}`,
    provider: 'made.up',
    modelId: 'made-1',
    supportedUrls: {},
    doGenerate: async (options: Options) => {
      let text = ''
      for await (const part of ask(options)) text += part
      return { content: [{ type: 'text', text }], warnings: [], ...finish }
    },
    doStream: async (options: Options) => {
      const parts = ask(options)[Symbol.asyncIterator]()
      let isOver = false
      const pull = async (controller: ReadableStreamDefaultController<unknown>) => {
        if (isOver) return controller.close()
        const { done, value } = await parts.next()
        isOver = done === true
        controller.enqueue(
          done ? { type: 'finish', ...finish } : { type: 'text-delta', id: '0', delta: value },
        )
      }
      const cancel = async () => void (await parts.return?.())
      return { stream: new ReadableStream({ pull, cancel }, { highWaterMark: 0 }) }
    },
  }
  return model as unknown as Model // it is of the specification that its version says
}
