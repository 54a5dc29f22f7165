import type { KeyObject } from 'node:crypto'
import { ed25519PublicKey, generateEd25519 } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/sha256.ts'
import { AuditError } from '../errors.ts'
import { equalBytes } from '../merkle/proof.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { editorFault } from './plain-text.ts'

/** A new key in the encoding of C2SP signed-note. */
export interface KeyPair {
  /** `PRIVATE+KEY+<name>+<hash>+<base64>`: keep it secret, apart from the log. */
  readonly privateKey: string
  /** The vkey, `<name>+<hash>+<base64>`: give it to auditors. */
  readonly publicKey: string
}

/** The parts of a key's text. */
export interface NamedKey {
  readonly name: string
  /** The key id in a note, 4 bytes. */
  readonly hash: Uint8Array
  /** A signature type of C2SP signed-note. */
  readonly type: number
  /** The public key; of a private one, the secret. */
  readonly key: Uint8Array
}

/** Signature type: Ed25519 over the text. */
export const ED25519 = 1
/** Signature type: a witness's Ed25519 over the time and the text (C2SP tlog-cosignature). */
export const COSIGNATURE_V1 = 4

const PRIVATE_PREFIX = 'PRIVATE+KEY+'
const KEY_HASH_BYTES = 4

/**
 * Generates an Ed25519 key.
 *
 * @param name the log's own name, such as `'example.com/audit'`.
 * @throws AuditError `AUDIT_INVALID_KEY` if the name is empty or has white space or a plus sign.
 */
export function generateKey(name: string): KeyPair {
  const { secret, publicKey } = generateEd25519()
  const hash = keyHash(name, ED25519, publicKey)
  return {
    privateKey: PRIVATE_PREFIX + encodeKey({ name, hash, type: ED25519, key: secret }),
    publicKey: encodeKey({ name, hash, type: ED25519, key: publicKey }),
  }
}

/**
 * The vkey of an Ed25519 public key that was generated elsewhere, such as in a KMS.
 *
 * @throws AuditError `AUDIT_INVALID_KEY` for a key of another kind, and for a name that `generateKey` refuses.
 *
 * @example
 * encodePublicKey('example.com/audit', createPublicKey(pem))
 */
export function encodePublicKey(name: string, publicKey: KeyObject): string {
  const key = ed25519PublicKey(publicKey)
  if (!key) throw invalidKey('only Ed25519 public keys are encoded')
  return encodeKey({ name, hash: keyHash(name, ED25519, key), type: ED25519, key })
}

/** Reads a private key's text, whose hash is that of its public key. Throws like `decodeKey`. */
export function decodePrivateKey(privateKey: string): NamedKey {
  if (typeof privateKey === 'string' && privateKey.startsWith('\uFEFF')) {
    throw invalidKey(`this is not a key: ${editorFault(privateKey)}`)
  }
  if (typeof privateKey !== 'string' || !privateKey.startsWith(PRIVATE_PREFIX)) {
    throw invalidKey(`a private key begins with ${PRIVATE_PREFIX}`)
  }
  return decodeKey(privateKey.slice(PRIVATE_PREFIX.length))
}

/**
 * Reads a key's text, with at most one newline at its end, as a file may hold it. Does not check its hash, which depends on
 * the type of the key.
 *
 * @throws AuditError `AUDIT_INVALID_KEY`; the message never holds the key.
 */
export function decodeKey(text: string): NamedKey {
  if (typeof text !== 'string') throw invalidKey('the text of a key is a string')
  if (text.startsWith('\uFEFF')) throw invalidKey(`this is not a key: ${editorFault(text)}`)
  const [, name = '', hash = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+?)(?:\r?\n)?$/.exec(text) ?? []
  const bytes = decodeBase64(encoded)
  const type = bytes?.[0]
  if (!bytes || type === undefined || !isKeyName(name)) {
    throw invalidKey('a key has the form <name>+<8 hex digits>+<base64>')
  }
  return { name, hash: Buffer.from(hash, 'hex'), type, key: bytes.subarray(1) }
}

/** The text of a key. Throws AuditError `AUDIT_INVALID_KEY` for a name that no key may have. */
export function encodeKey({ name, hash, type, key }: NamedKey): string {
  if (!isKeyName(name))
    throw invalidKey('the name of a key is not empty, and has no spaces, control characters or plus signs')
  return `${name}+${Buffer.from(hash).toString('hex')}+${encodeBase64(Buffer.concat([Buffer.of(type), key]))}`
}

/**
 * Whether a key may have this name (C2SP signed-note): not empty, no white space, no plus sign, well-formed. Also refuses
 * control and format characters, which a terminal would obey and not show.
 */
export function isKeyName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/[\s\p{Cc}\p{Cf}+]/u.test(name) && name.isWellFormed()
}

/**
 * Checks that the hash in a key's text is SHA-256(name ‖ newline ‖ type ‖ public key), cut to 4 bytes (C2SP signed-note).
 *
 * @throws AuditError `AUDIT_INVALID_KEY`.
 */
export function checkKeyHash({ name, hash, type }: NamedKey, publicKey: Uint8Array): void {
  if (equalBytes(keyHash(name, type, publicKey), hash)) return
  throw invalidKey('the hash in the key does not belong to its name and key')
}

/** The error for a text that is not a key. */
export function invalidKey(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_KEY', reason)
}

function keyHash(name: string, type: number, publicKey: Uint8Array): Uint8Array {
  const hashed = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey])
  return sha256(hashed).subarray(0, KEY_HASH_BYTES)
}
