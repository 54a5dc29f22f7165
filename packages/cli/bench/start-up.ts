// How long `audit` takes to start, beside Node.js alone, in turns: node bench/start-up.ts [rounds]

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeSampleLogs } from '../test/sample-log.ts'

const BINARY = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const [, , rounds = '21'] = process.argv
const NODE = 'node -e 0'

const folder = mkdtempSync(join(tmpdir(), 'audit-start-up-'))
try {
  await writeSampleLogs(folder)
  report({
    [NODE]: ['-e', '0'],
    'audit --help': [BINARY, '--help'],
    'audit query audit.db': [BINARY, 'query', join(folder, 'audit.db')],
    'audit query audit.jsonl': [BINARY, 'query', join(folder, 'audit.jsonl')],
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The first round warms up and does not count. */
function report(commands: Readonly<Record<string, readonly string[]>>): void {
  const names = Object.keys(commands)
  const times = new Map(names.map(name => [name, [] as number[]]))
  for (let round = 0; round <= Number(rounds); round++)
    for (const name of names) {
      const taken = timeOf(commands[name] ?? [])
      if (round > 0) times.get(name)?.push(taken)
    }
  const alone = times.get(NODE) ?? []
  for (const [name, taken] of times) {
    const ratio = median(taken.map((time, i) => time / (alone[i] ?? Number.NaN)))
    console.log(
      `${name.padEnd(24)} ${median(taken).toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} times ${NODE}`,
    )
  }
}

function timeOf(args: readonly string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
