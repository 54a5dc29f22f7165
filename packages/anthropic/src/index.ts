export { type AuditMiddleware, auditMiddleware, type SentRequest } from './audit-middleware.ts'
