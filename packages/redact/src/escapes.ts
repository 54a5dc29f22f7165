import type { Spelling } from './spelling.ts'

const HEX = '[\\da-fA-F]'

/** In string literals, escaped up to three times: `\n`, `\x40`, `\u0040`, `\u{40}`, `\"`; `\e[` and `\033[` begin a colour. */
const IN_LITERALS = `\\\\{1,8}(?:u(?<unit>${HEX}{4})|u\\{(?<point>${HEX}{1,6})\\}|x(?<byte>${HEX}{2})|(?<control>[nrtbf]|(?:e|033)(?=\\[))|(?<itself>[!-/:-@[\\]-\`{-~]))`

/** In URLs and form bodies. Nobody escapes letters and digits there, and `LIKE '%4111…'` is none. */
const IN_URLS = `%(?!3\\d|[46][1-9a-fA-F]|[57][\\daA])(?<ascii>[0-7]${HEX})|(?<utf8>%[c-fC-F]${HEX}(?:%[89abAB]${HEX}){1,3})`

const IN_HTML = `&(?:#(?<decimal>\\d{1,7})|#[xX](?<entity>${HEX}{1,6})|(?<name>amp|commat|nbsp|period|shy));`

/** By people who hide an address from robots: `alice [at] example [dot] com`, `alice@example[.]com`. */
const IN_BRACKETS = ' ?[[({] ?(?<word>at|AT|dot|DOT|[@.]) ?[\\])}] ?'

const CONTROLS: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', e: '\x1b', '033': '\x1b' },
}
const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: '&', commat: '@', nbsp: ' ', period: '.', shy: '\u00ad', at: '@', dot: '.', '@': '@', '.': '.' },
}

/** The escapes of string literals, URLs and HTML. */
export const ESCAPES: Spelling = {
  pattern: new RegExp([IN_LITERALS, IN_URLS, IN_HTML, IN_BRACKETS].join('|'), 'g'),
  plain({ unit, point, byte, control, itself, ascii, utf8, decimal, entity, name, word }, found) {
    const hex = unit ?? point ?? byte ?? ascii ?? entity
    if (hex !== undefined) return characterOf(Number.parseInt(hex, 16)) ?? found
    if (decimal !== undefined) return characterOf(Number(decimal)) ?? found
    if (utf8 !== undefined) return decoded(utf8) ?? found
    if (control !== undefined) return CONTROLS[control] ?? found
    return itself ?? NAMED[(name ?? word ?? '').toLowerCase()] ?? found
  },
}

function characterOf(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

function decoded(utf8: string): string | undefined {
  const character = Buffer.from(utf8.replaceAll('%', ''), 'hex').toString()
  return character.includes('\ufffd') ? undefined : character // that was no UTF-8
}
