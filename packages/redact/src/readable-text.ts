import { ESCAPES } from './escapes.ts'
import { folded, type ReadableText } from './spelling.ts'
import { UNICODE_FORMS } from './unicode-forms.ts'

/** Without any of these, a text has one spelling. */
const NEEDS_FOLDING = /[^\t\n\r\x20-\x7e]|[\\%&[({]/

/** Folds a text into one spelling. Any character may be escaped, so escapes come first; often they are escaped themselves. */
export function readable(original: string): ReadableText {
  if (!NEEDS_FOLDING.test(original)) return { text: original, original: span => span }
  const unescaped = folded(original, ESCAPES)
  const twice = folded(unescaped.text, ESCAPES)
  const plain = folded(twice.text, UNICODE_FORMS)
  return {
    text: plain.text,
    original: span => unescaped.original(twice.original(plain.original(span))),
  }
}
