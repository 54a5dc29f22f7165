import { sha256Binary } from './sha256.ts'

/** Texts up to this many characters are used as keys directly. */
const MAX_KEY_LENGTH = 256

/**
 * The key by which a `Map` holds a text. A long text is replaced with its digest: beyond 16,383 characters, a Map hashes only
 * the length of a text, so thousands would share a bucket; and the text itself need not be held. That key begins with a lone
 * surrogate, which no stored text contains.
 */
export function mapKey(text: string): string {
  return text.length <= MAX_KEY_LENGTH ? text : `\ud800${sha256Binary(text)}`
}
