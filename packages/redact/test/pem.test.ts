import { describe, expect, test } from 'vitest'
import { redacted } from './scene.ts'

const BEGIN = '-----BEGIN RSA PRIVATE KEY-----'
const END = '-----END RSA PRIVATE KEY-----'
const BODY = ['MIIE1'.padEnd(64, 'aB3/'), 'x7+K9'.padEnd(64, 'cD4+'), `${'q8Z'.padEnd(62, 'eF5')}==`]
const HEADERS = ['Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,3F17F5316E2BAC89A1B2C3D4E5F60718', '']
const lines = (prefix: string, ...texts: readonly string[]) => texts.map(text => prefix + text).join('\n')

const KEYS: Readonly<Record<string, string>> = {
  plain: lines('', BEGIN, ...BODY, END),
  encrypted: lines('', BEGIN, ...HEADERS, ...BODY, END),
  indented: lines(' '.repeat(16), BEGIN, ...BODY, END),
  'quoted in a mail': lines('> > ', BEGIN, ...HEADERS, ...BODY, END),
  'added in a diff': lines('+', BEGIN, ...BODY, END),
  'removed in a diff': lines('-', BEGIN, ...BODY, END),
  'a comment': lines('# ', BEGIN, ...BODY, END),
  'with line breaks written out': [BEGIN, ...HEADERS, ...BODY, END].join('\\n'),
  'in JSON in JSON': JSON.stringify(JSON.stringify([BEGIN, ...BODY, END].join('\r\n'))),
  'a sum of literals': [BEGIN, ...BODY, END].map(line => `  "${line}\\n"`).join(' +\n'),
  'a list of literals': [BEGIN, ...BODY, END].map(line => `  '${line}',`).join('\n'),
  'on one line': [BEGIN, ...BODY, END].join(' '),
  'in a form body': `${new URLSearchParams([['', [BEGIN, ...HEADERS, ...BODY, END].join('\r\n')]])}`.slice(1),
}
const OTHER_ENDS: Readonly<Record<string, (key: string) => string>> = {
  'as it is': key => key,
  'with another label at its end': key => key.replace(/END.RSA.PRIVATE/, 'END PUBLIC'),
  'without an end': key => key.replace(/-----END.*?-----/, ''),
  'cut off in its body': key => key.slice(0, key.indexOf('x7') + 60),
  'with an end that is cut off': key => key.slice(0, key.lastIndexOf('END') + 7),
}

describe.each(Object.keys(KEYS))('a private key, %s', shape => {
  test.each(Object.keys(OTHER_ENDS))('%s', async end => {
    const text = OTHER_ENDS[end]?.(KEYS[shape] ?? '') ?? ''
    const rest = (await redacted(`Is it valid?\n${text}\nThanks, ask Bob.`)).split('[PEM_1]')
    expect(rest).toHaveLength(2)
    expect(rest.join('')).toMatch(/^Is it valid\?[\s\S]*Thanks, ask Bob\.$/)
    expect(rest.join('')).not.toMatch(/(?:aB3|cD4|eF5|q8Z|BAC89|MIIE|=)/)
  })
})

test.each([
  ['a short last line', `${BEGIN}\n${BODY[0]}\nq8A=\nThanks`, '[PEM_1]\nThanks'],
  [
    'a key of SSH2',
    '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "a"\nx\n---- END SSH2 ENCRYPTED PRIVATE KEY ----',
    '[PEM_1]',
  ],
  [
    'a key in base64',
    `key: ${Buffer.from(lines('', BEGIN, ...BODY, END)).toString('base64')}\n`,
    'key: [PEM_1]\n',
  ],
  ['two keys, the first cut off', `${BEGIN}\n${BODY[0]}\n${BEGIN}\n${BODY[1]}\n${END}`, '[PEM_1]\n[PEM_2]'],
  [
    'a body without labels',
    `JWT_KEY="MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${BODY.join('\\n')}"`,
    'JWT_KEY="[PEM_1]"',
  ],
  ['a body that was cut off before', `MHcCAQEE${BODY.join('\n')}\n${END}\nThanks`, '[PEM_1]\nThanks'],
  ['a label alone', `Is ${BEGIN} how it begins?`, 'Is [PEM_1] how it begins?'],
])('%s is found', async (_, text, expected) => expect(await redacted(text)).toBe(expected))

test.each(['-- BEGIN TRANSACTION --', '---- BEGIN CONFIG ----', '-----BEGIN', 'Proc-Type: 4,ENCRYPTED'])(
  '%s is no key',
  async text => expect(await redacted(text)).toBe(text),
)
