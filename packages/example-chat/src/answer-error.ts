import { AuditError } from '@audit/core'
import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** What a request is answered with that failed before its answer began. Why it failed is for whoever runs the chat. */
export const answerError: ErrorHandler = (error, c) => {
  if (error instanceof AuditError && error.code === 'AUDIT_INVALID_QUERY')
    return c.json({ error: error.message }, 400)
  const { cause } = error
  console.error(cause instanceof Error ? cause.stack : error.stack) // not the error of an SDK itself, which holds the request
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status)
  if (error instanceof AuditError)
    return c.json({ error: `nothing is answered that cannot be recorded (${error.code})` }, 503)
  return c.json({ error: 'this failed' }, 500)
}
