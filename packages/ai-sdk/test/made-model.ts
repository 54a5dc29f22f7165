import type { Capture } from '@audit/capture'
import { auditMiddleware } from '../src/index.ts'
import type { Model, Sdk } from './sdks.ts'

/** What a model that is made up here answers. */
export interface Made {
  readonly provider?: string
  readonly modelId?: string
  /** The result of `doGenerate`. */
  readonly result?: object
  /** The parts of `doStream`; an error breaks the stream. */
  readonly parts?: readonly unknown[]
  /** What the signal is. */
  readonly onCancel?: (reason: unknown) => void
}

/** A model of the specification of this major that answers as it is told, and records. */
export function madeModel({ ai, major }: Sdk, capture: Capture, made: Made): Model {
  return ai.wrapLanguageModel({ model: bareModel(major, made), middleware: auditMiddleware(capture) })
}

/** The same, without recording. */
export function bareModel(
  major: number,
  { provider = 'made.up', modelId = 'made-1', result, parts = [], onCancel }: Made,
): Model {
  const model = {
    specificationVersion: `v${major - 3}`,
    provider,
    modelId,
    supportedUrls: {},
    doGenerate: async () => ({
      warnings: [],
      content: [],
      finishReason: stopReason(major),
      usage: noUsage(major),
      ...result,
    }),
    doStream: async () => ({ stream: streamOf(parts, onCancel) }),
  }
  return model as unknown as Model // it is of the specification that its version says
}

/** The reason of a model that has said all. */
export function stopReason(major: number): unknown {
  return major === 5 ? 'stop' : { unified: 'stop', raw: 'stop' }
}

/** What a model says of tokens that does not know them. */
export function noUsage(major: number): unknown {
  const none = { inputTokens: undefined, outputTokens: undefined }
  return major === 5 ? { ...none, totalTokens: undefined } : { inputTokens: {}, outputTokens: {} }
}

/** A stream of these parts that reads nothing ahead. */
export function streamOf(
  parts: readonly unknown[],
  onCancel?: (reason: unknown) => void,
): ReadableStream<unknown> {
  const left = [...parts]
  return new ReadableStream(
    {
      pull: controller => {
        if (left.length === 0) return controller.close()
        const part = left.shift()
        if (part instanceof Error) controller.error(part)
        else controller.enqueue(part)
      },
      cancel: reason => onCancel?.(reason),
    },
    { highWaterMark: 0 },
  )
}

/** A prompt, as a model gets it. */
export const PROMPT = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'a question' }] }]

/** All parts of what a model streams. */
export async function readParts(model: Model, prompt: Parameters<Model['doStream']>[0]['prompt'] = PROMPT) {
  const { stream } = await model.doStream({ prompt })
  const parts: unknown[] = []
  for await (const part of stream) parts.push(part)
  return parts
}
