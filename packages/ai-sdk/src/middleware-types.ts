/** A model of the AI SDK, as far as its types are the same in all specifications. */
export interface AuditedModel {
  /** `v2` in version 5, `v3` in 6, `v4` in 7. */
  readonly specificationVersion: string
  /** `openai.responses`, `anthropic.messages`. */
  readonly provider: string
  readonly modelId: string
}

/** What a language model is asked, as far as it is recorded. */
export interface LanguageParams {
  readonly prompt: readonly object[]
  readonly abortSignal?: AbortSignal | undefined
  readonly providerOptions?: object | undefined
}

/** A call of `doGenerate`, as the SDK gives it to a middleware. */
export interface GenerateCall<Result> {
  readonly doGenerate: () => PromiseLike<Result>
  readonly params: LanguageParams
  readonly model: AuditedModel
}

/** A call of `doStream`, as the SDK gives it to a middleware. */
export interface StreamCall<Result> {
  readonly doStream: () => PromiseLike<Result>
  readonly params: LanguageParams
  readonly model: AuditedModel
}

/** A call of `doEmbed`, as the SDK gives it to a middleware. */
export interface EmbeddingCall<Result> {
  readonly doEmbed: () => PromiseLike<Result>
  readonly params: { readonly values: readonly unknown[]; readonly abortSignal?: AbortSignal | undefined }
  readonly model: AuditedModel
}

/** A middleware that `wrapLanguageModel` and `wrapEmbeddingModel` of every supported version take. */
export interface AuditMiddleware {
  /** Version 6 wants it of a middleware; 5 and 7 do not look. */
  readonly specificationVersion: 'v3'
  /** Leaves the provider as it is. The SDK calls it when it wraps a model, so what cannot be recorded is refused then. */
  readonly overrideProvider: (options: { readonly model: AuditedModel }) => string
  /** Records a call that is not streamed. */
  readonly wrapGenerate: <Result extends object>(call: GenerateCall<Result>) => Promise<Result>
  /** Records a streamed call. */
  readonly wrapStream: <Result extends object>(call: StreamCall<Result>) => Promise<Result>
  /** Records a call of an embedding model. */
  readonly wrapEmbed: <Result extends object>(call: EmbeddingCall<Result>) => Promise<Result>
}
