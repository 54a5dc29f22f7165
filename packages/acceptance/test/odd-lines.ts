/** How many ids were given out. */
let ids = 0

/** An id that no other line has. */
function uniqueId(): string {
  return `5f1c2a3b-4d5e-4f70-8192-${(++ids).toString(16).padStart(12, '0')}`
}

/** The values of a line's keys, as JSON texts. */
type Texts = Readonly<Record<string, string>>

/** A line with some of its values spelt in another way. */
function lineWith(texts: Texts = {}): string {
  const all: Texts = {
    cost_usd: 'null',
    entry_id: JSON.stringify(uniqueId()),
    input_text: '"a"',
    latency_ms: 'null',
    metadata: '{}',
    model: '"m"',
    output_text: '"b"',
    timestamp: '"2026-11-23T20:28:00.123Z"',
    user: '"alice"',
    ...texts,
  }
  return `{${Object.entries(all).map(([key, text]) => `"${key}":${text}`)}}`
}

const MARK = '\uFEFF'
const NUMBERS =
  '0 -0 1.0 1e2 1E+2 -2.50 0e5 0e99999999999999999999 5e-324 4.9e-324 1e-400 1e400 1e-99999999999999999999 1e99999999999999999999 1.7976931348623157e308 100000000000000000000 9007199254740992 9007199254740993 123456789012345678901234567890 0.1000 0.10000000000000001 1e-7 0.000001 NaN -Infinity 01 1. .5 +1 "1" true [1]'
    .split(' ')
    .concat('1'.repeat(5000), `0.${'0'.repeat(400)}1`, `1.${'0'.repeat(5000)}`)
const TEXTS =
  '"\\ud83d\\ude00" "😀" "\\ud800" "\\ude00\\ud83d" "\\u2028\u2028" "\x7f" "\\u0000" "\\/" "\\x" "\x01" "\\u00e9é" null 5'.split(
    ' ',
  )
const METADATA = [
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":1}',
  '{"x":[{"a":1,"a":2}]}',
  '{"\\ud800":1,"\\udc00":2}',
  '{"\\ud800":1,"\\uf000":2,"\\ufffe":3}',
  '{"__proto__":{"a":1},"toString":2}',
  '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7,"10":8,"9":9}',
  '{"a":[1.50,true,null,"\\u000f",{"b":[]},-0]}',
  '{"a":1e21,"b":1e-7,"c":333333333.33333329}',
  '[]',
  'null',
  '"{}"',
  `{"a":${'['.repeat(255)}${']'.repeat(255)}}`,
  `{"a":${'['.repeat(256)}${']'.repeat(256)}}`,
  `${'{"a":'.repeat(255)}{}${'}'.repeat(255)}`,
  `${'{"a":'.repeat(256)}{}${'}'.repeat(256)}`,
  `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  `{"a":[${'0,'.repeat(999_998)}0]}`,
  `{"a":[${'0,'.repeat(999_999)}0]}`,
]
const TIMES = [
  '2026-11-23',
  '2026-11-23T20:28',
  '2026-11-23 20:28:00,5+0530',
  '2026-11-23t20:28:00.624441z',
  '2026-11-23T20:28:00+05',
  '2026-11-23T20:28:00+24:00',
  '2026-11-23T24:00',
  '2026-11-23T20:60',
  '2026-11-23T20:28:60',
  '2026-11-23T20',
  '2026-11-23Z',
  '2026-13-01',
  '2026-00-01',
  '2026-01-00',
  '2026-02-29',
  '2024-02-29',
  '1900-02-29',
  '2000-02-29',
  '0000-02-29',
  '0000-01-01T00:00Z',
  '0000-01-01T00:00+00:01',
  '9999-12-31',
  '9999-12-31T23:59-00:01',
  '9999-12-31T23:58-00:01',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.999-00:01',
  ' 2026-11-23',
  '2026-11-23\\n',
  '٢٠٢٦-11-23',
  'yesterday',
  '',
]
const ID = uniqueId()
const IDS = [ID, ID.toUpperCase(), ID.replaceAll('-', ''), 'x', 'x', 'X', '', '', '\\ud800', '\\udfff']
const spaced = (line: string) => line.replaceAll(':', ': ').replaceAll(',', ', ')
const WHOLE_LINES = [
  lineWith(),
  spaced(lineWith({ timestamp: '"2026-11-23T210703"' })),
  spaced(lineWith({ timestamp: '"2026-11-23"', entry_id: '"5f1c2a3b4d5e6f708192a3b4c5d6e7f8"' })),
  `${lineWith()}\r`,
  MARK + lineWith(),
  `${MARK} \t${lineWith()} \t\r`,
  ` ${MARK}${lineWith()}`,
  `\v${lineWith()}`,
  `${lineWith()} x`,
  lineWith() + lineWith(),
  `[${lineWith()}]`,
  lineWith().slice(0, 40),
  lineWith().slice(0, -1),
  lineWith({ note: '1' }),
  lineWith().replace('"user":"alice"', '"user":"alice","user":"bob"'),
  lineWith().replace(',"user":"alice"', ''),
  lineWith().replace('"user"', '"\\u0075ser"'),
  '{}',
  '[]',
  'null',
  '5',
  'text',
  '',
  ' \t\r',
  MARK,
  '\u00a0',
  '\f',
]

/** Lines that are entries, however spelt, and others that only look like it. */
export const ODD_LINES: readonly (string | Buffer)[] = [
  ...WHOLE_LINES,
  ...NUMBERS.flatMap(text => [lineWith({ cost_usd: text }), lineWith({ metadata: `{"n":${text}}` })]),
  ...TEXTS.map(text => lineWith({ input_text: text })),
  ...METADATA.map(metadata => lineWith({ metadata })),
  ...TIMES.map(time => lineWith({ timestamp: `"${time}"` })),
  ...IDS.map(id => lineWith({ entry_id: `"${id}"` })),
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3, 0xa9]].map(bytes => {
    const [before = '', after = ''] = lineWith().split('"a"')
    return Buffer.concat([Buffer.from(`${before}"`), Buffer.from(bytes), Buffer.from(`"${after}`)])
  }),
]
