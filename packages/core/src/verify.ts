export type { AuditEntry } from './entry/entry.ts'
export type { JsonObject, JsonValue } from './entry/json.ts'
export { AuditError, type AuditErrorCode } from './errors.ts'
export type { Checkpoint } from './note/checkpoint.ts'
export { encodePublicKey } from './note/key.ts'
export { createVerifier, type Verifier } from './note/verifier.ts'
export {
  type Cosignature,
  type Trust,
  type VerifiedCheckpoint,
  type VerifyCheckpointOptions,
  verifyCheckpoint,
} from './note/verify-checkpoint.ts'
export { type VerifyConsistencyOptions, verifyConsistency } from './note/verify-consistency.ts'
export { type VerifyProofOptions, verifyProof } from './note/verify-proof.ts'
