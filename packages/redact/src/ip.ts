import { isIPv6 } from 'node:net'
import { type Finder, matchesOf, matching } from './span.ts'

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'

/** IPv4 addresses. A version number of four parts looks the same. */
export const findIpv4 = matching(
  new RegExp(
    `(?<![\\p{Script=Latin}\\p{Nd}_]|\\d\\.)${OCTET}(?:\\.${OCTET}){3}(?![\\p{Script=Latin}\\p{Nd}_]|\\.\\d)`,
    'gu',
  ),
)

const COLONS =
  /(?<![\p{Script=Latin}\p{Nd}_:.])(?=[\da-f]{0,4}:)[\da-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\p{Script=Latin}\p{Nd}_:])/giu

/** IPv6 addresses. One without any digit is rather a name in a program (`std::dec`). */
export const findIpv6: Finder = function* find(text) {
  for (const { index, 0: found } of matchesOf(text, COLONS)) {
    const address = found.endsWith('::') ? found : found.replace(/:$/, '')
    if (isIPv6(address) && /\d/.test(address)) yield { start: index, end: index + address.length }
  }
}
