// node bench/linear.ts: how long each kind takes for the hostile text that is the slowest for it, from 10 KB to 10 MB.
import { DEFAULT_KINDS, type Kind, redact } from '@audit/redact'
import { HOSTILE } from './hostile.ts'

const SIZES = [1e4, 1e5, 1e6, 1e7]
/** The slowest text is chosen at this size. */
const TRIAL = 3e4
const KINDS: readonly Kind[] = [...DEFAULT_KINDS, 'ipv4', 'ipv6']
const INPUT = { model: 'm', user: 'u', costUsd: null, latencyMs: null, outputText: '', metadata: {} }

/** Milliseconds of processor time to redact a text: the best of three runs, or one if it takes long. */
async function timeOf(kinds: readonly Kind[], inputText: string): Promise<number> {
  const prepare = redact({ kinds, country: 'US' })
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 3 && (run === 0 || best < 500); run++) {
    const before = process.cpuUsage()
    await prepare({ ...INPUT, inputText }, { entryId: '' })
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

async function slowestFor(kinds: readonly Kind[]): Promise<string> {
  let worst = { ms: 0, name: '' }
  for (const [name, make] of Object.entries(HOSTILE)) {
    const ms = await timeOf(kinds, make(TRIAL))
    if (ms > worst.ms) worst = { ms, name }
  }
  return worst.name
}

async function rowOf(name: string, kinds: readonly Kind[]): Promise<string> {
  const slowest = await slowestFor(kinds)
  const times: string[] = []
  for (const size of SIZES) times.push((await timeOf(kinds, HOSTILE[slowest]?.(size) ?? '')).toFixed(1))
  return `| ${name} | \`${slowest}\` | ${times.join(' | ')} |`
}

console.log('| kind | slowest text | 10 KB | 100 KB | 1 MB | 10 MB |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const kind of KINDS) console.log(await rowOf(`\`${kind}\``, [kind]))
console.log(await rowOf('all of them', KINDS))
