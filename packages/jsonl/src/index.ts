export type { Damage, DamageReason } from './damage.ts'
export { JsonlBackend, type JsonlBackendOptions } from './jsonl-backend.ts'
