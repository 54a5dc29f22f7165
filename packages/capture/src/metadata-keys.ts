/**
 * The names that the metadata of a call's entry has. Those that begin with `gen_ai.` and `error.` are OpenTelemetry's, from
 * `model/gen-ai/registry.yaml` of `open-telemetry/semantic-conventions-genai` at 002c8a6ea1c8a42b14a4527db83b3cabcded610a,
 * with `cache_write` for what was named `cache_creation` there. They stand here because the constants of
 * `@opentelemetry/semantic-conventions` are deprecated. Those that begin with `audit.` are our own.
 */
export const KEYS = {
  provider: 'gen_ai.provider.name',
  operation: 'gen_ai.operation.name',
  requestModel: 'gen_ai.request.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  conversation: 'gen_ai.conversation.id',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  errorType: 'error.type',
  error: 'audit.error',
  status: 'audit.status',
  attempts: 'audit.attempts',
  previous: 'audit.previous',
  capture: 'audit.capture',
  price: 'audit.price',
  about: 'audit.about',
  intent: 'audit.intent',
} as const
