import type { Capture } from '@audit/capture'
import { givenProvider, providerOfModel, recordOf } from '@audit/capture/integration'
import { invalidOptions } from '@audit/core/backend'
import { override } from './override.ts'
import { recordClients } from './recorded-clients.ts'
import { recordEmbeddings } from './recorded-embeddings.ts'
import { namedProvider, recordModel } from './recorded-model.ts'
import { stopRetries } from './retries.ts'

/** A chat model, a model of texts, or a model of embeddings, of LangChain. */
export type AuditableModel =
  | { generate(...given: never[]): Promise<unknown> }
  | { embedQuery(text: string): Promise<unknown>; embedDocuments(texts: string[]): Promise<unknown> }

/** What `auditModel` and `AuditCallbackHandler` take. */
export interface AuditModelOptions {
  /**
   * Who serves a host that is not known, such as a gateway, by OpenTelemetry's name: `openai`. Calls are priced by it. Default: the
   * host itself, which has no published price; for a class for Azure, `azure.ai.openai`.
   */
  readonly provider?: string | undefined
}

const OWNER = 'auditModel'

/** Which captures record a model. */
const recording = new WeakMap<object, Set<Capture>>()

/**
 * Makes a model of LangChain record each call, however it ends: the same object, of the same type. So do the models that
 * `bindTools`, `withConfig` and `withStructuredOutput` make of it. Where the model sends its requests through an SDK of OpenAI or
 * Anthropic, they are recorded as they go over the wire; otherwise, as the model sees them.
 *
 * A call is made by the user and in the conversation of `capture.withScope`; where it names none, those of the RunnableConfig,
 * under `metadata` or `configurable`: `user_id`, `user`; `thread_id`, `session_id`, `conversation_id`.
 *
 * @param model a chat model, an LLM, or embeddings; not what `bindTools`, `pipe` or `withConfig` makes of it.
 * @throws AuditError `AUDIT_INVALID_OPTIONS` for anything else, and for an unknown option or one of a wrong type.
 *
 * @example
 * const model = auditModel(new ChatOpenAI({ model: 'gpt-4o-mini' }), capture)
 */
export function auditModel<Model extends AuditableModel>(
  model: Model,
  capture: Capture,
  options: AuditModelOptions = {},
): Model {
  check(model, capture)
  const given = givenProvider(options, OWNER)
  const captures = recording.get(model) ?? new Set()
  if (captures.has(capture)) return model
  if (isModel(model)) {
    recordModel(model, capture, given)
    recordCopies(model, capture, options)
    stopRetries(model)
  } else recordEmbeddings(model, capture, given)
  recordClients(model, capture, host => providerOfModel({ host, named: namedProvider(model), given }))
  recording.set(model, captures.add(capture))
  return model
}

function check(model: unknown, capture: unknown): void {
  // Known by what it does, since an application may have two copies of a package.
  if (typeof recordOf(capture).begin !== 'function') {
    throw invalidOptions(OWNER, 'capture must come from createCapture()')
  }
  if (!isModel(model) && !isEmbeddings(model)) {
    throw invalidOptions(
      OWNER,
      'model must be a chat model, an LLM or embeddings of LangChain, before bindTools(), pipe() or withConfig()',
    )
  }
}

function isModel(model: unknown): boolean {
  const { generate, _generate } = recordOf(model)
  return typeof generate === 'function' && typeof _generate === 'function'
}

function isEmbeddings(model: unknown): boolean {
  const { embedQuery, embedDocuments } = recordOf(model)
  return typeof embedQuery === 'function' && typeof embedDocuments === 'function'
}

/** A ChatOpenAI makes another ChatOpenAI for a config; other models are held by what is made. */
function recordCopies(model: object, capture: Capture, options: AuditModelOptions): void {
  override(model, 'withConfig', original => config => {
    const made = original(config)
    return isModel(made) ? auditModel(made as AuditableModel, capture, options) : made // it has the methods, as was checked
  })
}
