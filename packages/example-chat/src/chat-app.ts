import type { AuditLog } from '@audit/core'
import { Hono } from 'hono'
import { answerError } from './answer-error.ts'
import { type Identified, identify, only } from './identify.ts'
import { auditRoutes } from './routes/audit-routes.ts'
import { type ChatParts, chatRoutes } from './routes/chat-routes.ts'

/** What the application is made of. */
export interface ChatAppParts extends ChatParts {
  readonly log: AuditLog
  readonly auditors: readonly string[]
}

/** The routes: `/chat` for everybody, `/audit` for auditors. */
export function chatApp({ log, auditors, ...chat }: ChatAppParts): Hono<Identified> {
  return new Hono<Identified>()
    .use(identify)
    .route('/chat', chatRoutes(chat))
    .use('/audit/*', only(auditors))
    .route('/audit', auditRoutes(log, chat.capture))
    .onError(answerError)
}
