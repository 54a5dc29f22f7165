import type { Capture } from '@audit/capture'
import { givenProvider } from '@audit/capture/integration'
import { invalidOptions } from '@audit/core/backend'
import { generatedOutcome, StreamedAnswer } from './answer.ts'
import { embeddedOutcome } from './embeddings.ts'
import type { AuditedModel, AuditMiddleware } from './middleware-types.ts'
import { ModelCalls } from './model-calls.ts'
import { languageStart, valuesStart } from './question.ts'
import { isStream, watchedStream } from './watched-stream.ts'

const OWNER = 'auditMiddleware'
const SPECIFICATIONS: readonly string[] = ['v2', 'v3', 'v4']

/** What `auditMiddleware` takes. */
export interface AuditMiddlewareOptions {
  /**
   * Who serves a host that is not known, such as a gateway, by OpenTelemetry's name: `openai`. Calls are priced by it. Default: the
   * name that the application gave the provider (`createOpenAI({ name })`), otherwise the host itself. Neither has a published price.
   */
  readonly provider?: string | undefined
}

/**
 * Makes a middleware for the AI SDK that records each call of a language model or an embedding model, however it ends. An
 * attempt that the SDK makes again is an entry of its own.
 *
 * Give it to `wrapLanguageModel`, `wrapEmbeddingModel` or `wrapProvider` of `ai` 5, 6 or 7, as the last one of several, so
 * that it stands next to the model and sees what the model is asked.
 *
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for a capture that is none, and for an unknown option or one of a wrong type.
 *   Wrapping a model of another specification than v2, v3 or v4, or one for images, speech or transcription, throws the same.
 *
 * @example
 * const model = wrapLanguageModel({ model: openai('gpt-4o'), middleware: auditMiddleware(capture) })
 */
export function auditMiddleware(capture: Capture, options: AuditMiddlewareOptions = {}): AuditMiddleware {
  // Known by what it does, since an application may have two copies of @audit/capture.
  if (typeof capture?.begin !== 'function')
    throw invalidOptions(OWNER, 'capture must come from createCapture()')
  const provider = givenProvider(options, OWNER)
  const calls = new ModelCalls(capture)
  return {
    specificationVersion: 'v3',
    overrideProvider: ({ model }) => checked(model).provider,
    wrapGenerate: ({ doGenerate, params, model }) =>
      calls.whole(languageStart(model, params, provider), params.prompt, doGenerate, result =>
        generatedOutcome(result, params),
      ),
    wrapStream: ({ doStream, params, model }) =>
      calls.streamed(languageStart(model, params, provider), params.prompt, doStream, (result, call) => {
        const { stream }: { readonly stream?: unknown } = Object(result)
        if (!isStream(stream) || stream.locked) return undefined
        const answer = new StreamedAnswer(params)
        return { ...result, stream: watchedStream(stream, answer, call, capture.idleMs, params.abortSignal) }
      }),
    wrapEmbed: ({ doEmbed, params, model }) =>
      calls.whole(valuesStart(model, params, provider), params.values, doEmbed, embeddedOutcome),
  }
}

function checked(model: AuditedModel): AuditedModel {
  const { specificationVersion, doStream, doEmbed }: AuditedModel & Readonly<Record<string, unknown>> =
    Object(model)
  if (!SPECIFICATIONS.includes(specificationVersion)) {
    const known = SPECIFICATIONS.join(', ')
    throw invalidOptions(OWNER, `models of specification ${specificationVersion} are not known; ${known} are`)
  }
  if (typeof doStream !== 'function' && typeof doEmbed !== 'function')
    throw invalidOptions(OWNER, 'only language models and embedding models are recorded')
  return model
}
