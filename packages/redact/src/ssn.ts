import { matching } from './span.ts'

/** US social security numbers with separators. No area is 000, 666 or above 899; no group is 00, no serial 0000. */
export const findSsns = matching(
  /(?<![\p{Script=Latin}\p{Nd}_]|[\d.\-+/]-?)(?!000|666|9)\d{3}(?<separator>[ +-])(?!00)\d{2}\k<separator>(?!0000)\d{4}(?![\p{Script=Latin}\p{Nd}_]|[.\-/]\d)/gu,
)
