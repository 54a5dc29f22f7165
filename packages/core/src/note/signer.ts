import { ed25519Signer, KEY_BYTES } from '../crypto/ed25519.ts'
import { checkKeyHash, decodePrivateKey, ED25519, encodeKey, invalidKey } from './key.ts'

/**
 * Signs checkpoints. Ed25519 is built in (`createSigner`); a KMS or an HSM is a few lines of your own.
 *
 * @example
 * const signer: Signer = {
 *   publicKey: encodePublicKey('example.com/audit', createPublicKey(await kms.publicKeyPem())),
 *   sign: message => kms.sign(message),
 * }
 */
export interface Signer {
  /** The vkey. Its name is the log's own name, the origin of its checkpoints. */
  readonly publicKey: string
  /** The signature over exactly these bytes; for Ed25519, 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/**
 * A signer from the text of an Ed25519 private key.
 *
 * @throws AuditError `AUDIT_INVALID_KEY`; the message never holds the key.
 */
export function createSigner(privateKey: string): Signer {
  const named = decodePrivateKey(privateKey)
  if (named.type !== ED25519 || named.key.length !== KEY_BYTES) {
    throw invalidKey('only Ed25519 private keys are built in')
  }
  const { publicKey, sign } = ed25519Signer(named.key)
  checkKeyHash(named, publicKey)
  return { publicKey: encodeKey({ ...named, key: publicKey }), sign }
}
