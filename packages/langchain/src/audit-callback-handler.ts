import type { CallOutcome, Capture } from '@audit/capture'
import {
  givenProvider,
  jsonText,
  readOr,
  recordOf,
  signalOf,
  stringOf,
  tooLate,
} from '@audit/capture/integration'
import { invalidOptions } from '@audit/core/backend'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import type { Serialized } from '@langchain/core/load/serializable'
import type { BaseMessage } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { AuditModelOptions } from './audit-model.ts'
import { answerOf, failureOf } from './call-outcome.ts'
import { HandlerRuns, type Run, type Tags, UNTAGGED } from './handler-runs.ts'
import { integrationAt } from './integration.ts'
import { listOf } from './list.ts'
import type { Question } from './model-call.ts'
import { modelContext } from './model-context.ts'
import { providerServing } from './provider.ts'
import { chat, prompts } from './recorded-model.ts'
import { RetryGuard } from './retry-guard.ts'
import { whoAsks } from './who-asks.ts'

const OWNER = 'AuditCallbackHandler'

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
  readonly #runs: HandlerRuns
  readonly #retries = new RetryGuard()

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no capture, and for an unknown option or one of a wrong type. */
  constructor(capture: Capture, options: AuditModelOptions = {}) {
    super({ raiseError: true, _awaitHandler: true }) // otherwise LangChain swallows what it throws
    this.lc_kwargs = {}
    if (typeof capture?.begin !== 'function') {
      throw invalidOptions(OWNER, 'capture must come from createCapture()')
    }
    this.#given = givenProvider(options, OWNER)
    this.#capture = capture
    this.#runs = new HandlerRuns(capture)
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
    this.#retries.admit(parentRunId, tags)
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
    this.#retries.admit(parentRunId, tags)
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
    this.#runs.get(runId, tags)?.call.chunk(token)
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
    const run = this.#runs.end(runId, tags)
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
      this.#retries.failed(parentRunId, error)
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
    this.#retries.failed(parentRunId, error)
    const run = this.#runs.end(runId, tags)
    if (!run || run.call.hasEnded) return
    try {
      await run.call.end(failureOf(error))
    } catch (failure) {
      this.#retries.failed(parentRunId, failure)
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
    this.#retries.admit(parentRunId, tags)
  }

  /** A chain has ended. */
  override handleChainEnd(_outputs: unknown, runId: string): void {
    this.#retries.over(runId)
  }

  /** A chain has failed. */
  override handleChainError(error: unknown, runId: string, parentRunId?: string): void {
    this.#retries.over(runId)
    this.#retries.failed(parentRunId, error)
  }

  /** A tool starts, which may ask a model. Throws as `handleChainStart` does. */
  override handleToolStart(
    _tool: Serialized,
    _input: string,
    _runId: string,
    parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
  ): void {
    this.#retries.admit(parentRunId, tags)
  }

  /** A tool has ended. */
  override handleToolEnd(_output: unknown, runId: string): void {
    this.#retries.over(runId)
  }

  /** A tool has failed. */
  override handleToolError(error: unknown, runId: string, parentRunId?: string): void {
    this.handleChainError(error, runId, parentRunId)
  }

  /** A retriever starts, which may ask a model. Throws as `handleChainStart` does. */
  override handleRetrieverStart(
    _retriever: Serialized,
    _query: string,
    _runId: string,
    parentRunId?: string,
    tags: readonly string[] = UNTAGGED,
  ): void {
    this.#retries.admit(parentRunId, tags)
  }

  /** A retriever has ended. */
  override handleRetrieverEnd(_documents: unknown, runId: string): void {
    this.#retries.over(runId)
  }

  /** A retriever has failed. */
  override handleRetrieverError(error: unknown, runId: string, parentRunId?: string): void {
    this.handleChainError(error, runId, parentRunId)
  }

  async #start(
    runId: string,
    tags: Tags,
    asked: Pick<Question, 'operation' | 'input' | 'inputMessages'>,
    model: Serialized,
    extra: Record<string, unknown> | undefined,
    metadata: Record<string, unknown> | undefined,
  ): Promise<void> {
    if (modelContext().recording.includes(this.#capture) || this.#runs.isTaken(runId, tags)) return
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
    this.#runs.start(runId, tags, { call, signal })
    try {
      await call.ready()
    } catch (error) {
      this.#runs.end(runId, tags)
      throw error
    }
  }

  async #record({ call, signal }: Run, outcome: CallOutcome): Promise<void> {
    if (!call.hasEnded) return call.end(outcome)
    signal?.throwIfAborted()
    throw tooLate()
  }
}

function requestModel(
  extra: Record<string, unknown> | undefined,
  metadata: Record<string, unknown> | undefined,
): string {
  const { model, model_name } = recordOf(extra?.invocation_params)
  return stringOf(metadata?.ls_model_name) ?? stringOf(model) ?? stringOf(model_name) ?? ''
}
