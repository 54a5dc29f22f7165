export type { Checkpoint } from './note/checkpoint.ts'
export { encodePublicKey, generateKey, type KeyPair } from './note/key.ts'
export { createSigner, type Signer } from './note/signer.ts'
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
