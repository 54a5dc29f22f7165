/** What a placeholder looks like: `[EMAIL_1]`. */
export const PLACEHOLDER = /\[[A-Z][A-Z\d]{0,79}(?:_[A-Z\d]{1,80}){0,40}_\d{1,15}\]/g

/** What stands for a kind in placeholders: `apiKey` becomes `API_KEY`. */
export function labelOf(kind: string): string {
  return kind.replaceAll(/[A-Z]/g, capital => `_${capital}`).toUpperCase()
}
