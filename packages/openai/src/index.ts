export { type AuditOpenAIOptions, auditOpenAI } from './audit-openai.ts'
export type { AuditableClient } from './client.ts'
