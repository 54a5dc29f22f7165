import type { Capture, ScopeOptions } from '@audit/capture'
import { recordOf } from '@audit/capture/integration'

const USER = ['user_id', 'userId', 'user']
const CONVERSATION = ['thread_id', 'threadId', 'session_id', 'sessionId', 'conversation_id', 'conversationId']

/**
 * Who asks and in which conversation, by the `metadata` and `configurable` of a RunnableConfig. What the application told the
 * capture with `withScope` goes first: a config often carries what a client sent.
 */
export function whoAsks(capture: Capture, config: unknown): ScopeOptions {
  const { user, conversation } = capture.context
  const { metadata, configurable } = recordOf(config)
  const given = { ...recordOf(configurable), ...recordOf(metadata) }
  return { user: user ?? named(given, USER), conversation: conversation ?? named(given, CONVERSATION) }
}

function named(given: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = given[key]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  }
  return undefined
}
