import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

/** Bytes of an Ed25519 key, public or private (RFC 8032, section 5.1.5). */
export const KEY_BYTES = 32
/** Bytes of an Ed25519 signature (RFC 8032, section 5.1.6). */
export const SIGNATURE_BYTES = 64

/** The fixed beginning of an Ed25519 private key in DER (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
/** The fixed beginning of an Ed25519 public key in DER (RFC 8410, section 4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** A new key pair, 32 bytes each. */
export function generateEd25519(): { readonly secret: Uint8Array; readonly publicKey: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length)
  return { secret, publicKey: rawPublicKey(publicKey) }
}

/** Signs with a private key of 32 bytes: its public key, 32 bytes, and what makes signatures of 64 bytes. */
export function ed25519Signer(secret: Uint8Array): {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
} {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' })
  return { publicKey: rawPublicKey(createPublicKey(key)), sign: message => sign(null, message, key) }
}

/** What checks signatures of 64 bytes by a public key of 32 bytes. */
export function ed25519Verifier(
  publicKey: Uint8Array,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
  return (message, signature) => verify(null, message, key, signature)
}

/** The 32 bytes of an Ed25519 public key that Node holds; `undefined` for a key of another kind. */
export function ed25519PublicKey(key: KeyObject): Uint8Array | undefined {
  return key.asymmetricKeyType === 'ed25519' ? rawPublicKey(key) : undefined
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
}
