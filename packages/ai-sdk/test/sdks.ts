import { createOpenAI as createOpenAI7, type OpenAIProvider } from '@ai-sdk/openai'
import * as ai7 from 'ai'
import { createOpenAI as createOpenAI2 } from 'ai-sdk-openai-2'
import { createOpenAI as createOpenAI3 } from 'ai-sdk-openai-3'
import * as ai5 from 'ai5'
import * as ai6 from 'ai6'

/** The SDK, as the tests use it: the newest one's types, which the older ones have too where a test calls them. */
export type Ai = typeof ai7

/** A language model, likewise. */
export type Model = ReturnType<OpenAIProvider['chat']>

interface ProviderOptions {
  readonly baseURL?: string
  readonly name?: string
  readonly fetch?: typeof fetch
}

/** The newest release of each major that is supported, with OpenAI's provider for it. */
export interface Sdk {
  readonly major: number
  readonly ai: Ai
  openai(options: ProviderOptions): OpenAIProvider
}

export const SDKS: readonly Sdk[] = [
  { major: 5, ai: as(ai5), openai: options => as(createOpenAI2({ ...options, apiKey: 'none' })) },
  { major: 6, ai: as(ai6), openai: options => as(createOpenAI3({ ...options, apiKey: 'none' })) },
  { major: 7, ai: ai7, openai: options => createOpenAI7({ ...options, apiKey: 'none' }) },
]

/** One table drives all majors, whose types differ in what the tests do not use. */
function as<Type>(value: unknown): Type {
  return value as Type
}
