import type { CallStart, Integration } from '@audit/capture'
import {
  joinedLines,
  recordOf,
  recordsOf,
  type Spoken,
  stringOf,
  transcript,
} from '@audit/capture/integration'
import manifest from '../package.json' with { type: 'json' }
import { contentText, joinedTexts } from './content.ts'
import { exactJson } from './exact-json.ts'
import type { AuditedModel, EmbeddingCall, LanguageParams } from './middleware-types.ts'
import { operationName, providerOf } from './model-provider.ts'

const BY: Integration = { integration: manifest.name, version: manifest.version, level: 'middleware' }

/**
 * How a call of a language model begins.
 *
 * @param given who serves a host that is not known.
 */
export function languageStart(
  model: AuditedModel,
  { prompt, abortSignal, providerOptions }: LanguageParams,
  given: string | undefined,
): CallStart {
  return {
    ...start(model, given, operationName(model.provider), abortSignal),
    input: transcript(recordsOf(prompt).map(spoken)),
    previous: previousOf(providerOptions),
    get inputMessages() {
      return messagesOf(prompt) // only where they are wanted: files would be encoded
    },
  }
}

/** The id of the response or the conversation that OpenAI, or a service like it, is told to continue. */
function previousOf(providerOptions: unknown): string | undefined {
  const ids = Object.values(recordOf(providerOptions)).map(options => {
    const { previousResponseId, conversation } = recordOf(options)
    return stringOf(previousResponseId) ?? stringOf(conversation)
  })
  return ids.find(id => id !== undefined)
}

/** How a call of an embedding model begins, likewise. */
export function valuesStart(
  model: AuditedModel,
  { values, abortSignal }: EmbeddingCall<object>['params'],
  given: string | undefined,
): CallStart {
  return {
    ...start(model, given, 'embeddings', abortSignal),
    input: joinedLines(values.map(String)),
    get inputMessages() {
      return messagesOf(values)
    },
  }
}

function start(
  model: AuditedModel,
  given: string | undefined,
  operation: string,
  signal: AbortSignal | undefined,
) {
  return { provider: providerOf(model, given), operation, requestModel: model.modelId, signal, by: BY }
}

function spoken(message: Readonly<Record<string, unknown>>): Spoken {
  const { role, content } = recordOf(message)
  const parts = role === 'assistant' ? joinedTexts(recordsOf(content)) : content
  return { role: stringOf(role) ?? 'unknown', text: contentText(parts) }
}

function messagesOf(values: readonly unknown[]): readonly unknown[] {
  const messages = exactJson(values)
  return Array.isArray(messages) ? messages : []
}
