import { PLACEHOLDER } from './placeholder.ts'

/** What stands behind each placeholder of one entry: `{ '[EMAIL_1]': 'alice@example.com' }`. Keep it as safe as the values. */
export type Mapping = Readonly<Record<string, string>>

/**
 * Puts the values back for their placeholders. What is no placeholder of the mapping stays as it is, and values are not
 * searched for further placeholders: a text of the entry becomes exactly what it was.
 */
export function restore(text: string, mapping: Mapping): string {
  return text.replaceAll(PLACEHOLDER, placeholder =>
    Object.hasOwn(mapping, placeholder) ? (mapping[placeholder] ?? placeholder) : placeholder,
  )
}
