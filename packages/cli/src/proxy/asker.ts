import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ScopeOptions } from '@audit/capture'
import type { KeyNames } from './key-names.ts'

/** The headers that say who asks, and in which conversation; they go no further. */
export const USER_HEADER = 'x-audit-user'
export const SESSION_HEADER = 'x-audit-session'
/** The key of the metadata that holds the name of the API key. */
export const KEY_NAME = 'audit.proxy.key'

/**
 * Who asks, for the entry of a call: the user that the client names, otherwise the name of its API key. The key's name stands in
 * the metadata either way, since a client can name any user, and cannot have any key.
 */
export function askerOf({ headers }: IncomingMessage, names: KeyNames): ScopeOptions {
  const key = apiKeyIn(headers)
  const keyName = key === undefined ? undefined : names.nameOf(key)
  return {
    user: textIn(headers[USER_HEADER]) ?? keyName,
    conversation: textIn(headers[SESSION_HEADER]),
    metadata: keyName === undefined ? {} : { [KEY_NAME]: keyName },
  }
}

/** Where providers take keys: a bearer token, or a header of their own. */
function apiKeyIn(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const own = headers['x-api-key'] ?? headers['api-key']
  return bearer ?? (typeof own === 'string' ? own : undefined)
}

/** The text of a header: UTF-8 where it is that, which Node.js reads as Latin-1. */
function textIn(value: string | readonly string[] | undefined): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const bytes = Buffer.from(value, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return value
  }
}
