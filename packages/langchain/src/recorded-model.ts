import { AsyncLocalStorage } from 'node:async_hooks'
import type { Capture } from '@audit/capture'
import { type JsonRecord, jsonText, readOr, recordOf, signalOf, stringOf } from '@audit/capture/integration'
import { ensureConfig } from '@langchain/core/runnables'
import { answerOf, scatteredAnswer } from './call-outcome.ts'
import { EventAnswer } from './event-answer.ts'
import { listOf } from './list.ts'
import { messagesText, plainMessage } from './message-text.ts'
import { ModelCall, type Question } from './model-call.ts'
import { recordedAtModel } from './model-context.ts'
import { type Method, override } from './override.ts'
import { providerServing } from './provider.ts'
import { whoAsks } from './who-asks.ts'

/**
 * Records a chat model, or a model of texts, around the methods through which LangChain asks it.
 *
 * @param given who serves a host that is not known.
 */
export function recordModel(model: object, capture: Capture, given: string | undefined): void {
  nameWhoAsks(model, capture)
  const begin = (asked: unknown, options: unknown) =>
    new ModelCall(capture, questionOf(model, asked, options, given))
  override(model, '_generate', original => async (asked, options, ...more) => {
    const call = begin(asked, options)
    return call.whole(
      async () => original(asked, options, ...more),
      result => {
        const { generations, llmOutput } = recordOf(result)
        return answerOf(listOf(generations).flat(), llmOutput)
      },
    )
  })
  overrideStream(model, '_streamResponseChunks', begin, () => new ChunkAnswer())
  overrideStream(model, '_streamChatModelEvents', begin, () => new EventAnswer())
}

/** Settles who asks where a call comes in, since the config does not reach the methods that ask. */
function nameWhoAsks(model: object, capture: Capture): void {
  const settled = <Result>(options: unknown, body: () => Result) =>
    capture.withScope(whoAsks(capture, wholeConfig(options)), body)
  const entering = <Result>(options: unknown, body: () => Result, left?: AbortSignal) =>
    settled(options, () => recordedAtModel(capture, body, left))
  override(
    model,
    'generate',
    original =>
      async (asked, options, ...more) =>
        entering(options, () => original(asked, options, ...more)),
  )
  override(model, '_streamIterator', original => (asked, options) => {
    const parts = original(asked, options) as AsyncGenerator<unknown> // as LangChain declares it
    return withFirstStepIn((body, left) => entering(options, body, left), parts)
  })
  for (const name of ['transform', 'streamLog']) {
    override(model, name, original => (...given) => {
      const parts = original(...given) as AsyncGenerator<unknown> // as LangChain declares it
      return withFirstStepIn(AsyncLocalStorage.snapshot(), parts)
    })
  }
  override(
    model,
    'streamEvents',
    original =>
      (asked, options, ...more) =>
        settled(options, () => original(asked, options, ...more)),
  )
}

/** With what holds around a call, which LangChain passes on by itself. The rest of the config has effects of its own. */
function wholeConfig(options: unknown) {
  const { metadata, configurable } = recordOf(options)
  return ensureConfig({
    ...(metadata ? { metadata: { ...metadata } } : {}),
    ...(configurable ? { configurable: { ...configurable } } : {}),
  })
}

/** An iterator whose first step, which makes the call, runs in a context of its own, and knows when the consumer leaves. */
function withFirstStepIn<Part>(
  enter: (body: () => Promise<IteratorResult<Part>>, left: AbortSignal) => Promise<IteratorResult<Part>>,
  parts: AsyncGenerator<Part>,
): AsyncGenerator<Part> {
  const next = parts.next.bind(parts)
  const leave = parts.return.bind(parts)
  const left = new AbortController()
  let isFirst = true
  parts.next = async () => {
    if (!isFirst) return next()
    isFirst = false
    return enter(next, left.signal)
  }
  parts.return = value => {
    left.abort()
    return leave(value)
  }
  return parts
}

/** What a stream says, put together. */
interface Gathered {
  take(part: unknown): string
  sofar(): ReturnType<typeof answerOf>
}

/**
 * Records a method that streams, if the model's class has one of its own: LangChain looks whether it is that of its base class
 * in order to know whether the model streams at all.
 */
function overrideStream(
  model: object,
  name: string,
  begin: (asked: unknown, options: unknown) => ModelCall,
  gather: () => Gathered,
): void {
  const base = baseOf(model)
  if (base && Reflect.get(model, name) === Reflect.get(base, name)) return
  override(model, name, (original: Method) => (asked, options, ...more) => {
    const call = begin(asked, options)
    const answer = gather()
    const parts = call.stream(
      () => original(asked, options, ...more) as AsyncIterable<unknown>, // as LangChain declares it
      part => answer.take(part),
      () => answer.sofar(),
    )
    call.endsWith(parts)
    return parts
  })
}

/** The base class of LangChain that a model extends, in whichever copy of the package. */
function baseOf(model: object): object | undefined {
  let prototype: unknown = Object.getPrototypeOf(model)
  while (prototype && !Object.hasOwn(prototype, '_generateUncached')) {
    prototype = Object.getPrototypeOf(prototype)
  }
  return prototype ? Object(prototype) : undefined
}

/** The chunks of an answer, which are put together only where somebody wants to know. */
class ChunkAnswer implements Gathered {
  readonly #chunks: unknown[] = []

  take(chunk: unknown): string {
    this.#chunks.push(chunk)
    return stringOf(recordOf(chunk).text) ?? ''
  }

  sofar() {
    if (this.#chunks.length === 0) return {}
    return readOr(
      () => answerOf([this.#chunks.reduce(concatenated)]),
      () => scatteredAnswer(this.#chunks),
    )
  }
}

/** Throws where LangChain cannot merge what two chunks say of themselves. */
function concatenated(before: unknown, chunk: unknown): unknown {
  const { concat } = recordOf(before)
  return typeof concat === 'function' ? concat.call(before, chunk) : chunk
}

/** What a model is asked: messages, or texts. */
function questionOf(model: object, asked: unknown, options: unknown, given: string | undefined): Question {
  const { ls_model_name } = tracedParameters(model, options)
  const { model: name, modelName } = recordOf(model)
  const isChat = listOf(asked).some(message => typeof message === 'object')
  return {
    provider: providerServing({ named: namedProvider(model), settings: model, given }),
    operation: isChat ? 'chat' : 'text_completion',
    requestModel: stringOf(ls_model_name) ?? stringOf(name) ?? stringOf(modelName) ?? '',
    ...(isChat ? chat(listOf(asked)) : prompts(asked)),
    signal: signalOf(recordOf(options).signal),
  }
}

/** The provider that a model names. */
export function namedProvider(model: object): string | undefined {
  const { ls_provider } = tracedParameters(model, {})
  const { _llmType } = recordOf(model)
  return stringOf(ls_provider ?? (typeof _llmType === 'function' ? _llmType.call(model) : undefined))
}

/** What a model says of itself to LangChain's tracing. */
function tracedParameters(model: object, options: unknown): JsonRecord {
  const { getLsParams } = recordOf(model)
  if (typeof getLsParams !== 'function') return {}
  return readOr(
    () => recordOf(getLsParams.call(model, recordOf(options))),
    () => ({}),
  )
}

/** A conversation as a question. */
export function chat(messages: readonly unknown[]): Pick<Question, 'input' | 'inputMessages'> {
  return readOr(
    () => ({ input: messagesText(messages), inputMessages: messages.map(plainMessage) }),
    () => ({ input: jsonText(messages), inputMessages: [] }),
  )
}

/** One text as a question, or several. */
export function prompts(asked: unknown): Pick<Question, 'input' | 'inputMessages'> {
  const texts =
    typeof asked === 'string' ? [asked] : listOf(asked).map(text => stringOf(text) ?? jsonText(text))
  return { input: texts.join('\n'), inputMessages: texts }
}
