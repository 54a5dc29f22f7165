export { AuditCallbackHandler } from './audit-callback-handler.ts'
export { type AuditableModel, auditModel } from './audit-model.ts'
