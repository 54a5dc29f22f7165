/** Repeats what differs with each number, up to a length. */
function series(make: (i: number) => string): (length: number) => string {
  return length => {
    const parts: string[] = []
    for (let i = 0, sum = 0; sum < length; i++) {
      const part = make(i)
      parts.push(part)
      sum += part.length
    }
    return parts.join('').slice(0, length)
  }
}

/** Repeats one text up to a length. */
function repeated(unit: string): (length: number) => string {
  return length => unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}

/** Texts made to stall: long runs of what a rule begins with, and never what it ends with. */
export const HOSTILE: Readonly<Record<string, (length: number) => string>> = {
  'a.a.a.': repeated('a.'),
  'a@a@a@': repeated('a@'),
  'a@a.a.a.': length => `a@${repeated('a.')(length - 2)}`,
  '@a.bc': repeated('@a.bc'),
  aaaa: repeated('a'),
  '用用用@': repeated(`${'用'.repeat(64)}@`),
  '""""@': repeated('"@'),
  1111: repeated('1'),
  '4 4 4 4': repeated('4 '),
  '4444 4444': repeated('4444 '),
  '4444-4444-': repeated('4444-'),
  'card numbers': series(i => `4111 1111 1111 ${String(i % 10_000).padStart(4, '0')} `),
  'DE00 DE00': repeated('DE00 '),
  DE00DE00: repeated('DE00'),
  'ibans, one off': series(i => `DE89 3704 0044 0532 ${String(i % 10_000).padStart(4, '0')} 00,`),
  'ibans in ids': series(i => `${i.toString(16).padStart(8, 'a')}-BE68539007547034-`),
  'cards in ids': series(i => `${i.toString(16).padStart(32, 'a')}-4111111111111111-`),
  'a1b2c3d4-a1b2-': repeated('a1b2c3d4-a1b2-a1b2-a1b2-a1b2c3d4e5f'),
  'a1b2-a1b2-': repeated('a1b2-'),
  'a1-a1…a1-': repeated(`a1-${'a1'.repeat(16)}-${'a1'.repeat(8)}-a`),
  '123-45-123-45-': repeated('123-45-'),
  '+1+1+1': repeated('+1'),
  '+1 1 1 1': repeated('+1 1 1 1 1 1 1'),
  'phones, valid': series(i => `+1212${2_000_000 + (i % 7_000_000)} `),
  'phones, invalid': series(i => `+44 1 1 ${String(i).padStart(7, '0')} 1 1,`),
  'phones, of the country': series(i => `212 ${200 + (i % 700)} ${1000 + (i % 9000)},`),
  'digits in groups': series(i => `${100 + (i % 900)} ${1000 + (i % 9000)} 11 22;`),
  '(((((': repeated('('),
  '1.1.1.1.': repeated('1.'),
  'f:f:f:f:': repeated('f:'),
  '::::::': repeated(':'),
  'sk-sk-sk-': repeated('sk-'),
  'sk-aaaa': length => `sk-${repeated('a')(length - 3)}`,
  'sk-proj-': repeated('sk-proj-'),
  AKIAAKIA: repeated('AKIA'),
  'keys, valid': series(i => `ghp_${String(i).padStart(36, 'a')} `),
  'eyJ.eyJ.': repeated('eyJaaaaaaaa.'),
  'eyJ-eyJ-': repeated('eyJ-'),
  eyJaaaa: length => `eyJ${repeated('a')(length - 3)}`,
  BEGIN: repeated('-----BEGIN PRIVATE KEY-----'),
  'BEGIN and base64': length => `-----BEGIN PRIVATE KEY-----${repeated('AAAAAAAAAAAAAAAA\n')(length - 27)}`,
  'BEGIN and spaces': length => `-----BEGIN PRIVATE KEY-----${repeated(' ')(length - 27)}`,
  'BEGIN and quotes': length => `-----BEGIN PRIVATE KEY-----${repeated('"+\n')(length - 27)}`,
  'BEGIN and headers': repeated('-----BEGIN PRIVATE KEY-----\nComment: '),
  'BEGIN and END': repeated('-----BEGIN PRIVATE KEY----------END '),
  'BEGIN+': repeated('-----BEGIN+PRIVATE+KEY-----'),
  'BEGIN in base64': repeated('LS0tLS1CRUdJTiB'),
  'keys without BEGIN': repeated('MHcCAQEEAAAAAAAAAAAAAAAA. '),
  'lines without BEGIN': repeated('MHcCAQEEAAAAAAAAAAAAAAAA\n'),
  'Bearer Bearer': repeated('Bearer '),
  'AKIA and separators': repeated(`AKIA${'A'.repeat(16)}, `),
  'BEGIN BEGIN': repeated('-----BEGIN '),
  '-----': repeated('-'),
  '\\\\\\\\': repeated('\\'),
  '\\n\\n\\n': repeated('\\n'),
  '\\u0041': repeated('\\u0041'),
  '\\\\u0041': repeated('\\\\u0041'),
  '%25%25': repeated('%25'),
  '%C3%A9': repeated('%C3%A9'),
  '%C0%80': repeated('%C0%80'),
  '&#64;': repeated('&#64;'),
  '&amp;&amp;': repeated('&amp;'),
  '[at][at]': repeated('[at]'),
  'colours of a terminal': repeated('\x1b[1m'),
  'colours without an end': repeated('\x1b[1;'),
  '+1+1+1+1': repeated('+1+1+1+1+1+1+1'),
  '4+4+4+4': repeated('4111+1111+'),
  'DE00 over lines': repeated('DE00\n'),
  'api_key=': repeated('api_key='),
  'AccountKey=': repeated('AccountKey=AAAA'),
  'no width': repeated('\u200b'),
  '1 and no width': repeated('1\u200b'),
  '٤٤٤٤': repeated('٤'),
  '𝟒𝟒𝟒𝟒': repeated('𝟒'),
  'no-break spaces': repeated('4\u00a0'),
  '[EMAIL_1][EMAIL_2]': series(i => `[EMAIL_${i}]a@b.cd`),
  '[AAAA': repeated('[A'),
  '[A_A_A_': repeated('[A_A_1_'),
  'e-mails': series(i => `alice${i}@example.com `),
}
