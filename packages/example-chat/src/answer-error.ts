import { AuditError } from '@audit/core'
import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** What a request is answered with that failed before its answer began. Why it failed is for whoever runs the chat. */
export const answerError: ErrorHandler = (error, c) => {
  if (error instanceof AuditError && error.code === 'AUDIT_INVALID_QUERY')
    return c.json({ error: error.message }, 400)
  console.error(error.stack)
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status)
  if (error instanceof AuditError)
    return c.json({ error: `nothing is answered that cannot be recorded (${error.code})` }, 503)
  return c.json({ error: 'this failed' }, 500)
}

/** The error of an SDK, which holds the request, and so what a user has said: only its stack goes where errors are printed. */
export function modelFailed(error: unknown): HTTPException {
  const failure = new HTTPException(502, { message: 'the model could not be asked' })
  if (error instanceof Error && error.stack !== undefined) failure.stack = error.stack
  return failure
}
