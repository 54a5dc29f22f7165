import { ed25519Verifier, KEY_BYTES, SIGNATURE_BYTES } from '../crypto/ed25519.ts'
import { invalidOptions } from '../options.ts'
import { COSIGNATURE_V1, checkKeyHash, decodeKey, ED25519, invalidKey } from './key.ts'

/** Checks signatures of one key. */
export interface Verifier {
  readonly name: string
  /** The key id in a note, 4 bytes. */
  readonly keyHash: Uint8Array
  /** Whether the signature over these bytes is the key's. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/**
 * Checks the verifiers that an application passes in.
 *
 * @param name the name of the option, for the message.
 * @throws AuditError `AUDIT_INVALID_OPTIONS`.
 */
export function verifiersFrom(given: unknown, name: string, owner: string): readonly Verifier[] {
  if (Array.isArray(given) && given.every(isVerifier)) return given
  throw invalidOptions(owner, `${name} must be an array of verifiers, made by createVerifier(publicKey)`)
}

/** The same for one key. */
export function verifierFrom(given: unknown, owner: string): Verifier {
  if (isVerifier(given)) return given
  throw invalidOptions(owner, 'verifier must be what createVerifier(publicKey) gives')
}

function isVerifier(value: unknown): value is Verifier {
  if (typeof value !== 'object' || value === null) return false
  const { name, keyHash, verify }: { readonly [K in keyof Verifier]?: unknown } = value
  return typeof name === 'string' && ArrayBuffer.isView(keyHash) && typeof verify === 'function'
}

const TIME_BYTES = 8

/**
 * A verifier from a vkey: Ed25519, or a witness's `cosignature/v1`.
 *
 * @throws AuditError `AUDIT_INVALID_KEY`.
 */
export function createVerifier(publicKey: string): Verifier {
  const named = decodeKey(publicKey)
  const { name, hash, type, key } = named
  if (type !== ED25519 && type !== COSIGNATURE_V1) throw invalidKey(`signature type ${type} is not known`)
  if (key.length !== KEY_BYTES) throw invalidKey(`an Ed25519 key has ${KEY_BYTES} bytes, not ${key.length}`)
  checkKeyHash(named, key)
  const verifyEd25519 = ed25519Verifier(key)
  return {
    name,
    keyHash: hash,
    verify: type === ED25519 ? verifyEd25519 : cosignatureVerifier(verifyEd25519),
  }
}

/** When a witness cosigned, in seconds since 1970 (C2SP tlog-cosignature); `undefined` for any other signature. */
export function cosignatureTime(signature: Uint8Array): bigint | undefined {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined
  return Buffer.from(signature).readBigUInt64BE()
}

type Verify = Verifier['verify']

function cosignatureVerifier(verifyEd25519: Verify): Verify {
  return (message, signature) => {
    const time = cosignatureTime(signature)
    if (time === undefined) return false
    const signed = Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), message])
    return verifyEd25519(signed, signature.subarray(TIME_BYTES))
  }
}
