import { describe } from '../entry/json.ts'
import { AuditError } from '../errors.ts'
import { equalBytes } from '../merkle/proof.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { decodeKey, isKeyName } from './key.ts'
import { editorFault } from './plain-text.ts'
import type { Signer } from './signer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

/** One signature line of a note. */
export interface NoteSignature {
  /** The key's name. */
  readonly name: string
  /** 4 bytes. */
  readonly keyHash: Uint8Array
  readonly signature: Uint8Array
}

/** A text with its signatures (C2SP signed-note). */
export interface SignedNote {
  /** What is signed; ends with a newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A note with at least one verified signature. */
export interface OpenedNote {
  readonly text: string
  readonly verified: readonly NoteSignature[]
  /** Signatures by keys without a verifier. */
  readonly unverified: readonly NoteSignature[]
}

const KEY_HASH_BYTES = 4
const MAX_SIGNATURES = 100
const MAX_LENGTH = 1_000_000

/**
 * Signs a text, which must end with a newline (C2SP signed-note). Verifies the signature before returning it.
 *
 * @throws AuditError `AUDIT_INVALID_NOTE` for a text that no note may have; `AUDIT_SIGNING_FAILED` if the signer throws, or
 *   does not return a signature of its own key; `AUDIT_INVALID_KEY`.
 */
export async function signNote(text: string, signer: Signer): Promise<string> {
  if (!isNoteText(text)) throw invalid('the text must end with a newline and hold no control characters')
  const { name, hash } = decodeKey(signer.publicKey)
  const message = Buffer.from(text)
  const signature = await signatureOf(message, signer)
  if (!createVerifier(signer.publicKey).verify(message, signature)) {
    throw signingFailed(`the signer of ${name} did not return a signature of its key`)
  }
  return `${text}\n— ${name} ${encodeBase64(Buffer.concat([hash, signature]))}\n`
}

/** A copy of the signer's signature. The signer gets a copy of the message too. */
async function signatureOf(message: Uint8Array, signer: Signer): Promise<Uint8Array> {
  let signature: unknown
  try {
    signature = await signer.sign(new Uint8Array(message))
  } catch (cause) {
    throw signingFailed('the signer threw an error, so there is no signature: see the cause', cause)
  }
  // Not instanceof: a signer may live in another realm, as in Jest.
  if (ArrayBuffer.isView(signature)) {
    return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength).slice()
  }
  throw signingFailed(`the signer returned ${describe(signature)} instead of the bytes of a signature`)
}

/**
 * Parses a note without verifying it.
 *
 * @throws AuditError `AUDIT_INVALID_NOTE` for everything that C2SP signed-note forbids.
 */
export function parseNote(note: unknown): SignedNote {
  if (typeof note !== 'string' || note.length > MAX_LENGTH)
    throw invalid(`a note is a text of at most 1,000,000 characters, not ${describe(note)}`)
  const fault = editorFault(note)
  if (fault !== undefined) throw invalid(`this is not a note: ${fault}`)
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  if (end < 0 || !isNoteText(text)) throw invalid('a note is a text, an empty line and signature lines')
  const lines = note.slice(end + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0)
    throw invalid('a note ends with signature lines, each with a newline; the last newline is missing')
  if (lines.length > MAX_SIGNATURES) throw invalid(`a note has at most ${MAX_SIGNATURES} signatures`)
  return { text, signatures: lines.map(parseSignature) }
}

/**
 * Parses a note and verifies each signature by a known key.
 *
 * @throws AuditError `AUDIT_INVALID_NOTE` if it is not a note, `AUDIT_BAD_SIGNATURE` if a signature by a known key is false,
 *   even if others are good, and `AUDIT_UNKNOWN_KEY` if there is no signature by a known key.
 */
export function openNote(note: unknown, verifiers: readonly Verifier[]): OpenedNote {
  const { text, signatures } = parseNote(note)
  const message = Buffer.from(text)
  const verified: NoteSignature[] = []
  const unverified: NoteSignature[] = []
  for (const signature of distinct(signatures)) {
    const verifier = verifiers.find(
      ({ name, keyHash }) => name === signature.name && equalBytes(keyHash, signature.keyHash),
    )
    if (!verifier) unverified.push(signature)
    else if (verifier.verify(message, signature.signature)) verified.push(signature)
    else
      throw new AuditError(
        'AUDIT_BAD_SIGNATURE',
        `the signature of ${signature.name} is false: the text was changed`,
      )
  }
  if (verified.length > 0) return { text, verified, unverified }
  const signers = signatures.map(keyOf).join(', ')
  const known = verifiers.map(keyOf).join(', ')
  throw new AuditError('AUDIT_UNKNOWN_KEY', `this is signed by ${signers}, and not by a known key: ${known}`)
}

/** A key as its text begins: two keys may have one name. */
function keyOf({ name, keyHash }: Pick<NoteSignature, 'name' | 'keyHash'>): string {
  return `${name}+${Buffer.from(keyHash).toString('hex')}`
}

/** Repeated lines count once. */
function distinct(signatures: readonly NoteSignature[]): readonly NoteSignature[] {
  return signatures.filter(
    (a, i) =>
      !signatures
        .slice(0, i)
        .some(
          b => a.name === b.name && equalBytes(a.keyHash, b.keyHash) && equalBytes(a.signature, b.signature),
        ),
  )
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ')
  const bytes = decodeBase64(encoded)
  if (dash !== '—' || !isKeyName(name) || rest.length > 0 || !bytes || bytes.length <= KEY_HASH_BYTES) {
    throw invalid('a signature line is a dash, the name of a key, and base64')
  }
  return { name, keyHash: bytes.subarray(0, KEY_HASH_BYTES), signature: bytes.subarray(KEY_HASH_BYTES) }
}

function isNoteText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids exactly these
  return text.endsWith('\n') && text.isWellFormed() && !/[\0-\x09\x0b-\x1f]/.test(text)
}

function signingFailed(reason: string, cause?: unknown): AuditError {
  return new AuditError('AUDIT_SIGNING_FAILED', reason, { cause })
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_NOTE', reason)
}
