import { type Finder, matchesOf } from './span.ts'

/** Letters of scripts other than Latin. A text often runs into an address in another script without a space. */
const OTHER = '[[\\p{L}\\p{M}\\p{Nd}._%+\\-]--[\\p{Script=Latin}]]'
const LOCAL = `[\\p{Script=Latin}\\p{M}\\p{Nd}._%+'\\-&~]{1,64}|${OTHER}{1,64}|"[^"\\\\\\r\\n]{1,64}"`
const LABEL = '[\\p{L}\\p{M}\\p{Nd}](?:[\\p{L}\\p{M}\\p{Nd}\\-]{0,62})'
const TOP_LEVEL =
  '(?:xn--[a-z\\d\\-]{2,59}|[\\p{Script=Latin}\\p{M}]{2,63}|[[\\p{L}\\p{M}]--[\\p{Script=Latin}]]{2,63})'

/** Anchored at the `@`, of which there is one in an address, so that nothing else is tried: both sides are bounded. */
const ADDRESS = new RegExp(
  `@(?<=(?<local>${LOCAL})@)(?<domain>(?:${LABEL}\\.){1,8}${TOP_LEVEL})(?!\\p{Script=Latin}|\\(\\))`,
  'giv',
)

/** `pkg@1.2.3-rc.next` and `logo@2x.png` are no addresses. */
const VERSION_OR_SCALE = /^(?:\d+\.\d|\d(?:\.\d)?x\.[a-z]+$)/i
/** What may stand in an address, but does not begin one: punctuation, and marks of a letter before it. */
const BEFORE = /^[.'%&~\p{M}-]+/u

/** E-mail addresses, internationalized ones included. `git@host` is how Git writes a server, not a person. */
export const findEmails: Finder = function* find(text) {
  for (const { index, groups } of matchesOf(text, ADDRESS)) {
    const { local = '', domain = '' } = groups ?? {}
    const name = local.replace(BEFORE, '')
    if (name === '' || name === 'git' || VERSION_OR_SCALE.test(domain)) continue
    yield { start: index - name.length, end: index + 1 + domain.length }
  }
}
