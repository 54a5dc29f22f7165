export { type AuditMiddlewareOptions, auditMiddleware } from './audit-middleware.ts'
export type {
  AuditedModel,
  AuditMiddleware,
  EmbeddingCall,
  GenerateCall,
  LanguageParams,
  StreamCall,
} from './middleware-types.ts'
