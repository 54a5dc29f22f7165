import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKey } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../src/trust/witness-policy.ts'
import { checkpointOf, FORGED_KEY, OWN_KEY } from './attacked-logs.ts'
import { runBinary } from './binary.ts'
import { runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

/** A witness as C2SP tlog-cosignature describes it: its key, and its line for a checkpoint. */
function makeWitness(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const typed = Buffer.concat([Buffer.of(4), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const hash = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  const seconds = 1_795_000_000
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return {
    key: `${name}+${hash.toString('hex')}+${typed.toString('base64')}`,
    cosign(checkpoint: string) {
      const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1)
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey)
      return `${checkpoint}— ${name} ${Buffer.concat([hash, time, signature]).toString('base64')}\n`
    },
  }
}

const [city, north, south] = ['city.example', 'north.example', 'south.example'].map(makeWitness) as [
  ReturnType<typeof makeWitness>,
  ReturnType<typeof makeWitness>,
  ReturnType<typeof makeWitness>,
] // three names

/** A key of a kind that is only known by its number. */
const ML_DSA_KEY = `future.example+01234567+${Buffer.concat([Buffer.of(6), Buffer.alloc(1312)]).toString('base64')}`

/** The same key under another name. */
function renamed(key: string, name: string): string {
  const typed = key.split('+').slice(2).join('+')
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.from(typed, 'base64')).digest('hex')
  return `${name}+${hash.slice(0, 8)}+${typed}`
}

const POLICY = `# who must have seen it
log ${OWN_KEY.publicKey}
witness city ${city.key} https://city.example/
witness north ${north.key}
witness south ${south.key}
group two 2 city north south
quorum two
`

const policyOf = (text: string, encoding?: BufferEncoding) =>
  parsePolicy(Buffer.from(text, encoding), 'policy')

test.each([
  [[], false],
  [['city'], false],
  [['city', 'south'], true],
  [['city', 'north', 'south'], true],
  [['city', 'somebody'], false],
])('two of three: %j is a quorum: %s', (cosigned, isQuorum) => {
  expect(policyOf(POLICY).isQuorum(new Set(cosigned))).toBe(isQuorum)
})

test('groups of groups, any and all', () => {
  const { isQuorum } = policyOf(
    POLICY.replace(/^group.*\nquorum.*$/m, 'group a any city north\ngroup b all a south\nquorum b'),
  )
  const quorum = (...names: string[]) => isQuorum(new Set(names))
  expect([
    quorum('city', 'south'),
    quorum('north', 'south'),
    quorum('city', 'north'),
    quorum('south'),
  ]).toEqual([true, true, false, false])
})

test.each([
  ['no quorum', POLICY.replace(/^quorum.*\n/m, '')],
  ['two quorums', `${POLICY}quorum city\n`],
  ['a quorum of somebody', POLICY.replace('quorum two', 'quorum somebody')],
  ['a group that is larger than its members', POLICY.replace('group two 2', 'group two 4')],
  ['a group of none', POLICY.replace('group two 2', 'group two 0')],
  ['a member twice', POLICY.replace('city north south\n', 'city city south\n')],
  ['a member that comes later', POLICY.replace('group two 2 city', 'group two 2 later')],
  ['a name twice', `${POLICY}witness city ${makeWitness('west.example').key}\n`],
  ['a key under two names', POLICY.replace(south.key, city.key)],
  ['a key under two names of keys', POLICY.replace(south.key, renamed(city.key, 'south.example'))],
  ["the log's own key as a witness", POLICY.replace(/^log .*$/m, `log ${city.key}`)],
  ['a member of two groups', POLICY.replace(/^quorum.*$/m, 'group b any two south\nquorum b')],
  ['a group in two groups', POLICY.replace(/^quorum.*$/m, 'group a all two\ngroup b all two\nquorum b')],
  ['a witness named none', `${POLICY}witness none ${city.key}\n`],
  ['a key that is none', POLICY.replace(city.key, `${city.key}x`)],
  ['a word that is not known', `${POLICY}trust everybody\n`],
  ['lines that end with CRLF', POLICY.replaceAll('\n', '\r\n')],
  ['a byte-order mark', `\uFEFF${POLICY}`],
  ['a control character', POLICY.replace('# who', '# \u0007who')],
  ["a log's kind of key for a witness", POLICY.replace(south.key, generateKey('south.example').publicKey)],
])('a policy with %s is refused', (_, text) => {
  expect(() => policyOf(text)).toThrow(expect.objectContaining({ name: 'CommandError' }))
})

test('all that C2SP tlog-policy allows is read', () => {
  const text = `  # na\u00efve, in any encoding
\t \t
log ${OWN_KEY.publicKey}\thttps://audit.example/ \t
log ${generateKey('example.com/other').publicKey}
witness Z\u00fcrich ${city.key}   https://city.example/\u00fc
witness none-of-them ${north.key}
witness # ${south.key}
witness later ${ML_DSA_KEY}
 group\t1 02 Z\u00fcrich none-of-them later
group all any # 1
quorum all`
  for (const encoding of ['utf8', 'latin1'] as const) {
    const policy = policyOf(text, encoding)
    const zurich = Buffer.from('Z\u00fcrich', encoding).toString('latin1')
    expect(policy.logs.map(({ name }) => name)).toEqual(['example.com/audit', 'example.com/other'])
    expect([...policy.witnesses.keys()]).toEqual([zurich, 'none-of-them', '#'])
    expect(policy.uncheckable).toEqual(['later'])
    expect(policy.isQuorum(new Set(['#']))).toBe(true)
    expect(policy.isQuorum(new Set([zurich, 'none-of-them']))).toBe(true)
    expect(policy.isQuorum(new Set([zurich]))).toBe(false)
  }
})

test('names are compared by their bytes, and two that look alike are two', () => {
  const policy = policyOf(
    `witness \u00fe ${city.key}\nwitness \u00ff ${north.key}\ngroup g 2 \u00fe \u00ff\nquorum g\n`,
    'latin1',
  )
  expect(policy.isQuorum(new Set(['\u00fe']))).toBe(false)
  expect(policy.isQuorum(new Set(['\u00fe', '\u00ff']))).toBe(true)
})

describe('a policy that names logs', () => {
  const OTHER = generateKey('example.com/other')
  const NAMES = `witness city ${city.key}\nquorum city\n`

  async function scene() {
    const folder = temporaryFolder()
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    await writeSampleLogs(folder)
    write('checkpoint.txt', city.cosign(await checkpointOf(join(folder, 'audit.db'))))
    write('other.txt', city.cosign(await checkpointOf(join(folder, 'audit.db'), OTHER.privateKey)))
    write('stranger.txt', city.cosign(await checkpointOf(join(folder, 'audit.db'), FORGED_KEY.privateKey)))
    write('own.policy', `log ${OWN_KEY.publicKey}\n${NAMES}`)
    write('others.policy', `log ${OTHER.publicKey}\n${NAMES}`)
    write('several.policy', `log ${OTHER.publicKey}\nlog ${OWN_KEY.publicKey}\n${NAMES}`)
    write('no-log.policy', NAMES)
    write('later.policy', `log ${ML_DSA_KEY}\n${NAMES}`)
    return async (checkpoint: string, policy: string, ...key: readonly string[]) => {
      const args = ['verify', 'audit.db', '--checkpoint', checkpoint, '--policy', policy, ...key]
      return (await runHere(args, { cwd: folder })).exitCode
    }
  }

  test('is not used for another log than that of --key', async () => {
    const endOf = await scene()
    expect(await endOf('checkpoint.txt', 'own.policy', '--key', OWN_KEY.publicKey)).toBe(0)
    expect(await endOf('checkpoint.txt', 'several.policy', '--key', OWN_KEY.publicKey)).toBe(0)
    expect(await endOf('checkpoint.txt', 'no-log.policy', '--key', OWN_KEY.publicKey)).toBe(0)
    expect(await endOf('checkpoint.txt', 'others.policy', '--key', OWN_KEY.publicKey)).toBe(2)
    expect(await endOf('checkpoint.txt', 'own.policy', '--key', FORGED_KEY.publicKey)).toBe(2)
    expect(await endOf('checkpoint.txt', 'no-log.policy')).toBe(2)
    expect(await endOf('checkpoint.txt', 'later.policy')).toBe(2)
    expect(await endOf('checkpoint.txt', 'later.policy', '--key', OWN_KEY.publicKey)).toBe(2)
  })

  test('takes the signature of any of them, and of no other', async () => {
    const endOf = await scene()
    expect(await endOf('checkpoint.txt', 'several.policy')).toBe(0)
    expect(await endOf('other.txt', 'several.policy')).toBe(0)
    expect(await endOf('stranger.txt', 'several.policy')).toBe(1)
    expect(await endOf('other.txt', 'several.policy', '--key', OWN_KEY.publicKey)).toBe(1)
  })
})

/** Another character in the middle of the signature. */
function changedCharacter(_: string, before: string, character: string, after: string): string {
  return `${before}${character === 'A' ? 'B' : 'A'}${after}`
}

test('verify demands the cosignatures of the policy', async () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  await writeSampleLogs(folder)
  const checkpoint = await checkpointOf(join(folder, 'audit.db'))
  write('policy.txt', POLICY)
  write('alone.txt', checkpoint)
  write('one.txt', city.cosign(checkpoint))
  write('two.txt', south.cosign(city.cosign(checkpoint)))
  const lastLine = south.cosign(checkpoint).trimEnd().split('\n').at(-1) ?? ''
  write('false.txt', `${city.cosign(checkpoint)}${lastLine.replace(/(.{40})(.)(.*)$/, changedCharacter)}\n`)
  const endOf = async (name: string) => {
    const { exitCode, output } = await runBinary(
      ['verify', 'audit.db', '--checkpoint', name, '--policy', 'policy.txt', '--json'],
      { cwd: folder },
    )
    const { checkpoints } = JSON.parse(output)
    return [
      exitCode,
      checkpoints.flatMap((each: { witnesses: { name: string }[] }) =>
        each.witnesses.map(witness => witness.name),
      ),
    ]
  }
  expect(await endOf('alone.txt')).toEqual([1, []])
  expect(await endOf('one.txt')).toEqual([1, []])
  expect(await endOf('two.txt')).toEqual([0, ['city.example', 'south.example']])
  expect(await endOf('false.txt')).toEqual([1, []])
})

test('a checkpoint that lacks cosignatures is not said to be by another key, and the log is compared with it', async () => {
  const folder = temporaryFolder()
  await writeSampleLogs(folder)
  writeFileSync(join(folder, 'policy.txt'), POLICY)
  writeFileSync(join(folder, 'one.txt'), city.cosign(await checkpointOf(join(folder, 'audit.db'))))
  const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
  writeFileSync(join(folder, 'cut.jsonl'), `${lines.slice(0, 40).join('\n')}\n`)
  const verdictOn = async (log: string) => {
    const args = ['verify', log, '--checkpoint', 'one.txt', '--policy', 'policy.txt', '--json']
    const { exitCode, stdout } = await runHere(args, { cwd: folder })
    const { findings, unchecked, checkpoints } = JSON.parse(stdout)
    expect({ exitCode, checkpoints }).toEqual({ exitCode: 1, checkpoints: [] })
    expect(unchecked.join('\n')).not.toContain('no checkpoint that was given is signed')
    expect(unchecked.join('\n')).toContain('cosignatures')
    return findings.map(({ kind }: { kind: string }) => kind)
  }
  expect(await verdictOn('audit.db')).toEqual(['signature-bad'])
  expect(await verdictOn('cut.jsonl')).toEqual(['signature-bad', 'tail-missing'])
})

test('a policy that demands nobody does not say who has seen a checkpoint', async () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  await writeSampleLogs(folder)
  const checkpoint = await checkpointOf(join(folder, 'audit.db'))
  write('checkpoint.txt', south.cosign(city.cosign(checkpoint)))
  write('two.txt', POLICY)
  write('nobody.txt', `log ${OWN_KEY.publicKey}\nquorum none\n`)
  const unchecked = async (policy: string) => {
    const args = ['verify', 'audit.db', '--checkpoint', 'checkpoint.txt', '--policy', policy, '--json']
    return JSON.parse((await runHere(args, { cwd: folder })).stdout).unchecked.join('\n')
  }
  expect(await unchecked('two.txt')).not.toContain("the key's owner")
  expect(await unchecked('nobody.txt')).toContain("the key's owner")
})
