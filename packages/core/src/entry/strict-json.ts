/**
 * Why a JSON text does not correspond to exactly one JavaScript value: an object repeats a key, of which `JSON.parse` keeps
 * the last, or a double cannot hold a number, which is rounded. Two different texts would then be one value. `undefined`
 * if it does correspond.
 *
 * @param text valid JSON, as `JSON.parse` takes it. @param value what `JSON.parse` made of it.
 */
export function ambiguityOf(text: string, value: unknown): string | undefined {
  // Nearly always it is spelt as JavaScript spells it, which shows at a fifth of the cost.
  if (JSON.stringify(value) === text) return undefined
  return new JsonScan(text).ambiguity()
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Without its sign, which a double always holds. */
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Goes through a valid JSON text, token by token. */
class JsonScan {
  readonly #text: string
  #position = 0
  /** The keys so far of each object around the position; `undefined` stands for an array. */
  readonly #open: (Set<string> | undefined)[] = []

  constructor(text: string) {
    this.#text = text
  }

  ambiguity(): string | undefined {
    let isKey = false
    while (this.#position < this.#text.length) {
      const character = this.#text.charAt(this.#position)
      if (character === '"') {
        const string = this.#string()
        const keys = this.#open.at(-1)
        if (isKey && keys && !isNew(keys, string)) return 'a key stands twice in one object'
        isKey = false
        continue
      }
      if (character >= '0' && character <= '9') {
        if (!isExact(this.#number())) return 'a number has more digits than a double holds'
        continue
      }
      if (character === '{' || character === '[') this.#open.push(character === '{' ? new Set() : undefined)
      if (character === '}' || character === ']') this.#open.pop()
      if (character === '{' || character === ',') isKey = this.#open.at(-1) !== undefined
      this.#position++
    }
    return undefined
  }

  /** The string at the position, with its quotes and escapes. */
  #string(): string {
    const start = this.#position
    let end = start + 1
    for (let code = this.#text.charCodeAt(end); code !== QUOTE; code = this.#text.charCodeAt(end)) {
      end += code === BACKSLASH ? 2 : 1
    }
    this.#position = end + 1
    return this.#text.slice(start, end + 1)
  }

  #number(): string {
    NUMBER.lastIndex = this.#position
    const [number = ''] = NUMBER.exec(this.#text) ?? []
    this.#position += number.length
    return number
  }
}

/** Adds a key that was not there yet, however it was spelt: `"a"` is `"\u0061"`. */
function isNew(keys: Set<string>, literal: string): boolean {
  const key: string = JSON.parse(literal)
  return keys.size !== keys.add(key).size
}

/** Whether the double nearest to a number is written with the same digits: `1e2` is `100`, `0.1` is `0.1`. */
function isExact(literal: string): boolean {
  return decimalOf(literal) === decimalOf(String(Number(literal)))
}

/** A number as its digits without zeroes at either end, and the power of ten of the last one. */
function decimalOf(literal: string): string {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
