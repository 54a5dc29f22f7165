import { matching } from './span.ts'

/**
 * JSON Web Tokens, encrypted (five parts) and signed (three), also without their signature. Their header is JSON, and so is
 * what was signed: they begin with `{"`, with a space or a line break between or not.
 */
export const findJwts = matching(
  /(?<![\w-])(?:eyJ|eyA|ewo)[\w-]{8,9999}\.(?:[\w-]{0,9999}\.[\w-]{4,9999}\.[\w-]{4,99999}\.[\w-]{4,9999}|(?:eyJ|eyA|ewo)[\w-]{4,99999}(?:\.[\w-]{0,9999})?)/g,
)
