// node test/random-ids.ts [COUNT] [SEED]: prints how many random ids of each form the rules take for something personal.
import { findIn } from './labelled.ts'

/** How many ids of one form were taken for something, by kind. */
export interface FalseFinds {
  readonly form: string
  readonly ids: number
  readonly taken: Readonly<Record<string, number>>
  readonly examples: readonly string[]
}

/** Numbers from a seed (xorshift32), so that each run sees the same ids. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** An integer from 0 up to, but not including, a limit of at most 2³². */
  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * limit)
  }

  text(alphabet: string, length: number): string {
    let text = ''
    while (text.length < length) text += alphabet[this.below(alphabet.length)]
    return text
  }
}

const DIGITS = '0123456789'
const HEX = '0123456789abcdef'
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const URL_SAFE = `${LETTERS_AND_DIGITS}-_`

/** Ids count from here, as those of the years after 2024 do. */
const EPOCH_MS = 1_704_067_200_000
const TEN_YEARS_MS = 315_360_000_000

const momentMs = (random: Random) =>
  EPOCH_MS + random.below(2 ** 32) * Math.floor(TEN_YEARS_MS / 2 ** 32) + random.below(1000)

/** Decimal digits that do not begin with 0. */
const number = (random: Random, length: number) =>
  random.text('123456789', 1) + random.text(DIGITS, length - 1)

function uuid(random: Random, version: 4 | 7): string {
  const time = version === 7 ? momentMs(random).toString(16).padStart(12, '0') : random.text(HEX, 12)
  const variant = random.text('89ab', 1)
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${random.text(HEX, 3)}-${variant}${random.text(HEX, 3)}-${random.text(HEX, 12)}`
}

function crockford(value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = (CROCKFORD[rest % 32] ?? '') + text
  }
  return text
}

/** A snowflake: milliseconds since an epoch of the service, 22 bits of machine and sequence. */
const snowflake = (random: Random, epochMs: number) =>
  String((BigInt(momentMs(random) - epochMs) << 22n) + BigInt(random.below(2 ** 22)))

const TWITTER_MS = 1_288_834_974_657
const DISCORD_MS = 1_420_070_400_000

/** How ids of each form are made. */
export const FORMS: Readonly<Record<string, (random: Random) => string>> = {
  'UUID v4': random => uuid(random, 4),
  'UUID v7': random => uuid(random, 7),
  'UUID v4, capitals': random => uuid(random, 4).toUpperCase(),
  'UUID v4, in braces': random => `{${uuid(random, 4)}}`,
  'UUID v4, as URN': random => `urn:uuid:${uuid(random, 4)}`,
  'UUID v4, in a URL': random => encodeURIComponent(`?id=${uuid(random, 4)}&v=1`),
  'UUID v4, in a literal': random => `\\n${uuid(random, 4)}\\t`,
  ULID: random => crockford(momentMs(random), 10) + random.text(CROCKFORD, 16),
  nanoid: random => random.text(URL_SAFE, 21),
  'request id': random => `req_${random.text(LETTERS_AND_DIGITS, 24)}`,
  traceparent: random => `00-${random.text(HEX, 32)}-${random.text(HEX, 16)}-01`,
  'hex, 16': random => random.text(HEX, 16),
  'hex, 24': random => random.text(HEX, 24),
  'hex, 32': random => random.text(HEX, 32),
  'hex, 40': random => random.text(HEX, 40),
  'hex, 64': random => random.text(HEX, 64),
  'base64, 44': random => `${random.text(`${LETTERS_AND_DIGITS}+/`, 43)}=`,
  'base64url, 43': random => random.text(URL_SAFE, 43),
  'X snowflake': random => snowflake(random, TWITTER_MS),
  'Discord snowflake': random => snowflake(random, DISCORD_MS),
  'time, ms': random => String(momentMs(random)),
  'time, µs': random => String(momentMs(random)) + random.text(DIGITS, 3),
  'time, ns': random => String(momentMs(random)) + random.text(DIGITS, 6),
  '16 digits': random => number(random, 16),
  '18 digits': random => number(random, 18),
  '19 digits': random => number(random, 19),
}

const BATCH = 2000

/** Looks for personal data in random ids of one form, each in quotes on a line of its own. */
export function falseFinds(form: string, count: number, seed: number): FalseFinds {
  const random = new Random(seed)
  const make = FORMS[form]
  const taken: Record<string, number> = {}
  const examples: string[] = []
  for (let made = 0; made < count; made += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, count - made) }, () => make?.(random) ?? '')
    const text = ids.map(id => `"${id}"`).join('\n')
    for (const { kind, start, end } of findIn(text)) {
      taken[kind] = (taken[kind] ?? 0) + 1
      if (examples.length < 3) examples.push(text.slice(start, end))
    }
  }
  return { form, ids: count, taken, examples }
}

/** A row of the table in the README: how many of a million. */
export function rowOf({ form, ids, taken }: FalseFinds): string {
  const found = Object.entries(taken).map(
    ([kind, times]) => `${Math.round((times / ids) * 1e6).toLocaleString('en')} \`${kind}\``,
  )
  return `| ${form} | ${found.join(', ') || '0'} |`
}

if (process.argv[1] === import.meta.filename) {
  const [count = 1_000_000, seed = 20_261_126] = process.argv.slice(2).map(Number)
  for (const form of Object.keys(FORMS)) {
    const finds = falseFinds(form, count, seed)
    console.log(rowOf(finds), finds.examples.join(' '))
  }
}
