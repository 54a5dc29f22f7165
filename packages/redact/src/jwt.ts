import { matching } from './span.ts'

/** JSON Web Tokens, signed (three parts) and encrypted (five). Their header is JSON, so it begins with `eyJ`. */
export const findJwts = matching(
  /(?<![\w-])eyJ[\w-]{8,9999}\.(?:eyJ[\w-]{4,99999}\.[\w-]{0,9999}|[\w-]{0,9999}\.[\w-]{4,9999}\.[\w-]{4,99999}\.[\w-]{4,9999})/g,
)
