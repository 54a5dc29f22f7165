export { AuditCallbackHandler } from './audit-callback-handler.ts'
export { type AuditableModel, type AuditModelOptions, auditModel } from './audit-model.ts'
