import { AuditError } from '@audit/core'
import type { ErrorHandler } from 'hono'

/** What a request is answered with that failed before its answer began. */
export const answerError: ErrorHandler = (error, c) => {
  if (!(error instanceof AuditError)) return c.json({ error: 'the model could not be asked' }, 502)
  if (error.code === 'AUDIT_INVALID_QUERY') return c.json({ error: error.message }, 400)
  return c.json({ error: `nothing is answered that cannot be recorded (${error.code})` }, 503)
}
