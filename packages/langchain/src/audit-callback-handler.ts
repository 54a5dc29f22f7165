import type { Call, CallOutcome, Capture } from '@audit/capture'
import {
  givenProvider,
  jsonText,
  readOr,
  recordOf,
  signalOf,
  stringOf,
  tooLate,
} from '@audit/capture/integration'
import { AuditError } from '@audit/core'
import { invalidOptions } from '@audit/core/backend'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import type { Serialized } from '@langchain/core/load/serializable'
import type { BaseMessage } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { AuditModelOptions } from './audit-model.ts'
import { answerOf, failureOf } from './call-outcome.ts'
import { integrationAt } from './integration.ts'
import { listOf } from './list.ts'
import type { Question } from './model-call.ts'
import { modelContext } from './model-context.ts'
import { providerServing } from './provider.ts'
import { chat, prompts } from './recorded-model.ts'
import { whoAsks } from './who-asks.ts'

/** A call that has been reported to have started. */
interface Run {
  readonly call: Call
  readonly signal: AbortSignal | undefined
}

/**
 * The tags of a run, in the list that LangChain makes for it and hands to every callback. An application may give two runs one id; the
 * list tells them apart, and is garbage once LangChain has given the run up.
 */
type Tags = readonly string[]

/** For a caller that is not LangChain. */
const UNTAGGED: Tags = []

/** The runs that handlers of a capture record, so that a second handler of the same capture leaves them alone. */
const taken = new WeakMap<Capture, WeakMap<Tags, Set<string>>>()

/** Ends the calls that LangChain has given up without a word. */
const dropped = new FinalizationRegistry<Call>(call => call.abandon())

const OWNER = 'AuditCallbackHandler'

/** How LangChain marks what `withRetry` asks again. */
const RETRY = 'retry:attempt:'

/**
 * Records the calls of all models that report to it: one entry a call. It raises its errors, so that an answer that could not be
 * recorded is not handed on. LangChain reports neither a consumer that leaves a stream nor a stream that is not read: prefer
 * `auditModel` where you make the model yourself. Models that `auditModel` was given are left to it.
 *
 * @example
 * await chain.invoke(input, { callbacks: [new AuditCallbackHandler(capture)], metadata: { user_id: 'alice' } })
 */
export class AuditCallbackHandler extends BaseCallbackHandler {
  /** What LangChain calls it. */
  override name = 'audit_callback_handler'
  readonly #capture: Capture
  readonly #given: string | undefined
  readonly #runs = new WeakMap<Tags, Map<string, Run>>()
  readonly #taken: WeakMap<Tags, Set<string>>
  /** The failed records below a run of a chain, by the id of that run. */
  readonly #unrecorded = new Map<string, AuditError>()

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no capture, and for an unknown option or one of a wrong type. */
  constructor(capture: Capture, options: AuditModelOptions = {}) {
    super({ raiseError: true, _awaitHandler: true }) // otherwise LangChain swallows what it throws
    this.lc_kwargs = {}
    if (typeof capture?.begin !== 'function') {
      throw invalidOptions(OWNER, 'capture must come from createCapture()')
    }
    this.#given = givenProvider(options, OWNER)
    this.#capture = capture
    this.#taken = taken.get(capture) ?? new WeakMap()
    taken.set(capture, this.#taken)
  }

  /** It has no state of its own that a copy could do without. */
  override copy(): this {
    return this
  }

  /** A chat model starts. Throws what `capture.begin` throws, and what `call.ready()` throws; the model is not asked then. */
  override async handleChatModelStart(
    model: Serialized,
    [messages = []]: BaseMessage[][],
    runId: string,
    parentRunId?: string,
    extra?: Record<string, unknown>,
    tags: readonly string[] = UNTAGGED,
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    this.#refuseRetry(parentRunId, tags)
    await this.#start(runId, tags, { operation: 'chat', ...chat(messages) }, model, extra, metadata)
  }

  /** An LLM starts. Throws as `handleChatModelStart` does. */
  override async handleLLMStart(
    model: Serialized,
    asked: string[],
    runId: string,
    parentRunId?: string,
    extra?: Record<string, unknown>,
    tags: readonly string[] = UNTAGGED,
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    this.#refuseRetry(parentRunId, tags)
    await this.#start(
      runId,
      tags,
      { operation: 'text_completion', ...prompts(asked) },
      model,
      extra,
      metadata,
    )
  }

  /** A part of a streamed answer was handed on. */
  override handleLLMNewToken(
    token: string,
    _index: unknown,
    runId: string,
    _parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
  ): void {
    this.#runs.get(tags)?.get(runId)?.call.chunk(token)
  }

  /**
   * A model has answered.
   *
   * @throws AuditError if the call could not be recorded, or ended before (`AUDIT_CLOSED`): the answer is not handed on.
   */
  override async handleLLMEnd(
    output: LLMResult,
    runId: string,
    parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
    extra?: Record<string, unknown>,
  ): Promise<void> {
    const run = this.#ended(runId, tags)
    if (!run) return
    const answer = readOr<Partial<CallOutcome>>(
      () => answerOf(output.generations.flat(), output.llmOutput),
      () => ({ output: jsonText(output.generations) }),
    )
    // LangChain's cache answers with the counts of nobody.
    const outcome: CallOutcome = { status: 'ok', ...answer, ...(extra?.cached ? { usage: undefined } : {}) }
    try {
      await this.#record(run, outcome)
    } catch (error) {
      this.#fail(parentRunId, error)
      throw error
    }
  }

  /** A model has failed. Throws AuditError if the call could not be recorded. */
  override async handleLLMError(
    error: unknown,
    runId: string,
    parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
  ): Promise<void> {
    this.#fail(parentRunId, error)
    const run = this.#ended(runId, tags)
    if (!run || run.call.hasEnded) return
    try {
      await run.call.end(failureOf(error))
    } catch (failure) {
      this.#fail(parentRunId, failure)
      throw failure
    }
  }

  /** A chain starts. Throws the AuditError of the try before, if `withRetry` asks again because a record has failed. */
  override handleChainStart(
    _chain: Serialized,
    _inputs: unknown,
    _runId: string,
    parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
  ): void {
    this.#refuseRetry(parentRunId, tags)
  }

  /** A chain has ended. */
  override handleChainEnd(_outputs: unknown, runId: string): void {
    this.#unrecorded.delete(runId)
  }

  /** A chain has failed. */
  override handleChainError(error: unknown, runId: string, parentRunId?: string): void {
    this.#unrecorded.delete(runId)
    this.#fail(parentRunId, error)
  }

  /** `withRetry` takes a failed record for a failed model, and would pay for the answer again. */
  #refuseRetry(parentRunId: string | undefined, tags: Tags): void {
    const failure = parentRunId === undefined ? undefined : this.#unrecorded.get(parentRunId)
    if (failure && tags.some(tag => tag.startsWith(RETRY))) throw failure
  }

  #fail(parentRunId: string | undefined, error: unknown): void {
    if (parentRunId !== undefined && error instanceof AuditError) this.#unrecorded.set(parentRunId, error)
  }

  async #start(
    runId: string,
    tags: Tags,
    asked: Pick<Question, 'operation' | 'input' | 'inputMessages'>,
    model: Serialized,
    extra: Record<string, unknown> | undefined,
    metadata: Record<string, unknown> | undefined,
  ): Promise<void> {
    if (modelContext().recording.includes(this.#capture) || this.#taken.get(tags)?.has(runId)) return
    const signal = signalOf(recordOf(extra?.options).signal)
    const call = this.#capture.withScope(whoAsks(this.#capture, { metadata }), () =>
      this.#capture.begin({
        ...asked,
        provider: providerServing({
          named: metadata?.ls_provider ?? listOf(model.id)[2],
          settings: recordOf(model).kwargs,
          given: this.#given,
        }),
        requestModel: requestModel(extra, metadata),
        previous: stringOf(recordOf(extra?.invocation_params).previous_response_id),
        signal,
        by: integrationAt('callback'),
      }),
    )
    this.#taken.set(tags, (this.#taken.get(tags) ?? new Set()).add(runId))
    this.#runs.set(tags, (this.#runs.get(tags) ?? new Map()).set(runId, { call, signal }))
    if (tags !== UNTAGGED) dropped.register(tags, call)
    try {
      await call.ready()
    } catch (error) {
      this.#ended(runId, tags)
      throw error
    }
  }

  async #record({ call, signal }: Run, outcome: CallOutcome): Promise<void> {
    if (!call.hasEnded) return call.end(outcome)
    signal?.throwIfAborted()
    throw tooLate()
  }

  /** The run, which is forgotten. */
  #ended(runId: string, tags: Tags): Run | undefined {
    const run = this.#runs.get(tags)?.get(runId)
    this.#runs.get(tags)?.delete(runId)
    if (run) this.#taken.get(tags)?.delete(runId)
    return run
  }
}

function requestModel(
  extra: Record<string, unknown> | undefined,
  metadata: Record<string, unknown> | undefined,
): string {
  const { model, model_name } = recordOf(extra?.invocation_params)
  return stringOf(metadata?.ls_model_name) ?? stringOf(model) ?? stringOf(model_name) ?? ''
}
