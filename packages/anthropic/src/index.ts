export {
  type AuditMiddleware,
  type AuditMiddlewareOptions,
  auditMiddleware,
  type SentRequest,
} from './audit-middleware.ts'
