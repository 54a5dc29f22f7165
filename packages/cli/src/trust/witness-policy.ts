import type { Verifier } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { verifierOf } from './key-files.ts'
import { readSmallFile } from './small-file.ts'

/** Which witnesses must have cosigned a checkpoint (C2SP tlog-policy). */
export interface WitnessPolicy {
  /** Keys of the log itself, if the policy names any. */
  readonly logs: readonly Verifier[]
  /** By the names that the policy gives them. */
  readonly witnesses: ReadonlyMap<string, Verifier>
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
  return parsePolicy(await readSmallFile(context, path, 'a witness policy'), path)
}

/** The same from its text. */
export function parsePolicy(text: string, name: string): WitnessPolicy {
  const parser = new PolicyParser(name)
  for (const [i, line] of text.split('\n').entries()) parser.add(line.replace(/\r$/, ''), i + 1)
  return parser.policy()
}

class PolicyParser {
  readonly #name: string
  readonly #logs: Verifier[] = []
  readonly #witnesses = new Map<string, Verifier>()
  /** Of witnesses and groups. */
  readonly #rules = new Map<string, Rule>()
  /** The bytes of each key: one under two names would count twice. */
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
    const words = text.trim().split(/[ \t]+/)
    const [keyword = '', ...rest] = words
    if (keyword === '' || keyword.startsWith('#')) return
    if (keyword === 'log') this.#logs.push(this.#keyOf(rest, 'log <key> [<url>]'))
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
      witnesses: this.#witnesses,
      isQuorum: rule,
      quorum: name,
      demandsNobody: rule(new Set()),
    }
  }

  #addWitness([name = '', ...rest]: readonly string[]): void {
    this.#claim(name)
    this.#witnesses.set(name, this.#keyOf(rest, 'witness <name> <key> [<url>]'))
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

  #keyOf([key = '', ...rest]: readonly string[], form: string): Verifier {
    if (key === '' || rest.length > 1) throw this.#invalid(`write "${form}"`)
    const verifier = verifierOf(key, `the key in line ${this.#line} of ${this.#name}`)
    const bytes = publicBytes(key)
    if (this.#keys.has(bytes)) throw this.#invalid('each key stands in one line, whatever its name')
    this.#keys.add(bytes)
    return verifier
  }

  #memberRule(name: string): Rule {
    if (this.#members.has(name)) {
      throw this.#invalid(`${JSON.stringify(name)} is in a group already, and would count twice`)
    }
    this.#members.add(name)
    return this.#ruleOf(name)
  }

  #ruleOf(name: string): Rule {
    const rule = this.#rules.get(name)
    if (rule) return rule
    throw this.#invalid(`there is no witness or group ${JSON.stringify(name)} above`)
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

/** The public key itself, without the name and the type of signature that it is used with. */
function publicBytes(key: string): string {
  return Buffer.from(key.split('+').slice(2).join('+'), 'base64').toString('hex', 1)
}

function wholeNumber(text: string): number {
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN
}
