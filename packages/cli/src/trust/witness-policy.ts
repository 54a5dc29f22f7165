import type { Verifier } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { verifierOf } from './key-files.ts'
import { nameOf, readSmallBytes } from './small-file.ts'

/** Which witnesses must have cosigned a checkpoint (C2SP tlog-policy). */
export interface WitnessPolicy {
  /** Keys of the logs that the policy names, but for those of a kind that cannot be checked here. */
  readonly logs: readonly Verifier[]
  /** Whether it names any log. Otherwise it is for all. */
  readonly namesLogs: boolean
  /** By the names that the policy gives them, a character for each byte: see `shownName`. */
  readonly witnesses: ReadonlyMap<string, Verifier>
  /** Witnesses with a kind of key that cannot be checked here, such as ML-DSA-44: they never count as having cosigned. */
  readonly uncheckable: readonly string[]
  /** Whether it is enough that these have cosigned. */
  isQuorum(cosigned: ReadonlySet<string>): boolean
  /** The quorum as it stands in the policy, for messages. */
  readonly quorum: string
  /** Whether it is enough that nobody has cosigned, so that the policy says nothing about who has seen a checkpoint. */
  readonly demandsNobody: boolean
}

type Rule = WitnessPolicy['isQuorum']

/**
 * Reads a policy from its file: `log`, `witness`, `group` and `quorum` lines.
 *
 * @throws CommandError, with the number of the line that is wrong.
 *
 * @example
 * log example.com/audit+33d7b496+AeHTu4Q3…
 * witness city witness.example.org+2e1b…
 * witness north north.example.net+91ac…
 * group both all city north
 * quorum both
 */
export async function readPolicy(context: Context, path: string): Promise<WitnessPolicy> {
  return parsePolicy(await readSmallBytes(context, path, 'a witness policy'), nameOf(path))
}

/** The same from its bytes. */
export function parsePolicy(bytes: Buffer, name: string): WitnessPolicy {
  const parser = new PolicyParser(name)
  // A character is one byte here: names are compared by their bytes, whatever these mean.
  for (const [i, line] of bytes.toString('latin1').split('\n').entries()) parser.add(line, i + 1)
  return parser.policy()
}

/** A name of a policy as people read it: most are UTF-8, and any bytes may be. Two names may be shown alike. */
export function shownName(name: string): string {
  return Buffer.from(name, 'latin1').toString()
}

class PolicyParser {
  readonly #name: string
  readonly #logs: Verifier[] = []
  #namesLogs = false
  readonly #witnesses = new Map<string, Verifier>()
  readonly #uncheckable: string[] = []
  /** Of witnesses and groups. */
  readonly #rules = new Map<string, Rule>()
  /** The bytes of each key: one under two names would count twice, and a log is no witness of itself. */
  readonly #keys = new Set<string>()
  /** What is in a group already: in two groups it would count twice. */
  readonly #members = new Set<string>()
  #quorum: { readonly name: string; readonly rule: Rule } | undefined
  #line = 0

  constructor(name: string) {
    this.#name = name
  }

  add(text: string, line: number): void {
    this.#line = line
    this.#assertPlain(text)
    const [keyword = '', ...rest] = text.split(/[ \t]+/).filter(word => word !== '')
    if (keyword === '' || keyword.startsWith('#')) return
    if (keyword === 'log') this.#addLog(rest)
    else if (keyword === 'witness') this.#addWitness(rest)
    else if (keyword === 'group') this.#addGroup(rest)
    else if (keyword === 'quorum') this.#setQuorum(rest)
    else throw this.#invalid('a line begins with log, witness, group, quorum or #')
  }

  policy(): WitnessPolicy {
    if (!this.#quorum) {
      throw new CommandError(
        `${this.#name} has no line "quorum <name>"; name the witness or the group that must have cosigned`,
      )
    }
    const { name, rule } = this.#quorum
    return {
      logs: this.#logs,
      namesLogs: this.#namesLogs,
      witnesses: this.#witnesses,
      uncheckable: this.#uncheckable,
      isQuorum: rule,
      quorum: shownName(name),
      demandsNobody: rule(new Set()),
    }
  }

  #addLog(words: readonly string[]): void {
    this.#namesLogs = true
    const verifier = this.#keyOf(words, 'log <key> [<url>]')
    if (verifier) this.#logs.push(verifier)
  }

  #addWitness([name = '', ...rest]: readonly string[]): void {
    this.#claim(name)
    if (typeOf(rest[0]) === ED25519) {
      throw this.#invalid("the key is for a log's own signatures; give the witness's key for cosignatures")
    }
    const verifier = this.#keyOf(rest, 'witness <name> <key> [<url>]')
    if (verifier) this.#witnesses.set(name, verifier)
    else this.#uncheckable.push(name)
    this.#rules.set(name, cosigned => cosigned.has(name))
  }

  #addGroup([name = '', threshold = '', ...members]: readonly string[]): void {
    this.#claim(name)
    const rules = members.map(member => this.#memberRule(member))
    const least = threshold === 'all' ? rules.length : threshold === 'any' ? 1 : wholeNumber(threshold)
    if (!(least >= 1 && least <= rules.length)) {
      throw this.#invalid(
        'write "group <name> <how many, any or all> <member> …", with that many members at least',
      )
    }
    this.#rules.set(name, cosigned => rules.filter(rule => rule(cosigned)).length >= least)
  }

  #setQuorum([name = '', ...rest]: readonly string[]): void {
    if (this.#quorum || rest.length > 0) throw this.#invalid('there is one line "quorum <name>"')
    this.#quorum = { name, rule: name === 'none' ? () => true : this.#ruleOf(name) }
  }

  /** `undefined` for a key that cannot be checked here. */
  #keyOf([key = '', ...rest]: readonly string[], form: string): Verifier | undefined {
    if (key === '' || rest.length > 1) throw this.#invalid(`write "${form}"`)
    const bytes = bytesOf(key).toString('hex', 1)
    if (this.#keys.has(bytes)) throw this.#invalid('each key stands in one line, whatever its name')
    this.#keys.add(bytes)
    if (typeOf(key) === ML_DSA_44) return undefined
    return verifierOf(shownName(key), `the key in line ${this.#line} of ${this.#name}`)
  }

  #assertPlain(line: string): void {
    if (this.#line === 1 && line.startsWith('\u00ef\u00bb\u00bf')) {
      throw this.#invalid('an editor has put a byte-order mark before it; save it as UTF-8 without one')
    }
    if (line.endsWith('\r')) throw this.#invalid('its lines end with CRLF; save it with LF')
    if (/[^\t\x20-\x7e\x80-\xff]/.test(line)) throw this.#invalid('it holds a control character')
  }

  #memberRule(name: string): Rule {
    if (this.#members.has(name)) {
      throw this.#invalid(`${shownName(name)} is in a group already, and would count twice`)
    }
    this.#members.add(name)
    return this.#ruleOf(name)
  }

  #ruleOf(name: string): Rule {
    const rule = this.#rules.get(name)
    if (rule) return rule
    throw this.#invalid(`there is no witness or group ${shownName(name)} above`)
  }

  #claim(name: string): void {
    if (name === '' || name === 'none' || this.#rules.has(name)) {
      throw this.#invalid('each witness and each group has a name of its own, which is not "none"')
    }
  }

  #invalid(reason: string): CommandError {
    return new CommandError(`line ${this.#line} of ${this.#name} is not part of a witness policy: ${reason}`)
  }
}

/** Types of signatures that a key may be for (C2SP signed-note, tlog-cosignature). */
const ED25519 = 1
const ML_DSA_44 = 6

/** The type of signature that a key is for. */
function typeOf(key = ''): number | undefined {
  return bytesOf(key)[0]
}

/** A key without its name: the type of signature that it is for, then the public key itself. */
function bytesOf(key: string): Buffer {
  return Buffer.from(key.split('+').slice(2).join('+'), 'base64')
}

function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
}
