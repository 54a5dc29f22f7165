import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { serverUrl } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runBinary, startBinary } from './binary.ts'

const RECORDER = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

/** A log, as the recorder and as the command take it. */
interface Place {
  readonly recorder: readonly string[]
  readonly log: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const PLACES: Readonly<Record<string, () => Place>> = {
  sqlite: () => file('sqlite', 'audit.db'),
  jsonl: () => file('jsonl', 'audit.jsonl'),
  postgres: () => {
    const name = `cli ${randomUUID()}`
    const url = serverUrl().href
    return {
      recorder: ['postgres', url, name],
      log: ['postgres://', '--log', name],
      env: { AUDIT_POSTGRES_URL: url },
    }
  },
}

function file(kind: string, name: string): Place {
  const path = join(temporaryFolder(), name)
  return { recorder: [kind, path], log: [path], env: {} }
}

/** A process that records at full speed until the test has finished. */
class Writer {
  #acknowledged = 0
  #errors = ''
  #ended = false
  #news = Promise.withResolvers<void>()

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [RECORDER, ...args], { stdio: 'pipe' })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stderr.on('data', chunk => {
      this.#errors += chunk
    })
    child.once('close', () => {
      this.#ended = true
      this.#tell()
    })
    createInterface({ input: child.stdout }).on('line', line => {
      this.#acknowledged = Number(line)
      this.#tell()
    })
  }

  /** Resolves once it has recorded more than it had, by so many entries. */
  async progress(entries = 200): Promise<void> {
    const wanted = this.#acknowledged + entries
    while (this.#acknowledged < wanted) {
      if (this.#ended) throw new Error(`the writer ended: ${this.#errors}`)
      await this.#news.promise
    }
  }

  #tell(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}

const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['query', []],
  ['query', ['--session', 's-3', '--limit', '5']],
  ['query', ['--grep', 'question 1', '--limit', '0']],
  ['show', ['7', '--proof']],
  ['tail', ['-n', '20']],
  ['stats', ['--by', 'user']],
]

describe.each(Object.entries(PLACES))('%s', (_, placeOf) => {
  test('commands work while a process records at full speed, and it goes on', async () => {
    const { recorder, log, env } = placeOf()
    const writer = new Writer(recorder)
    await writer.progress()
    // At once: the log grows meanwhile, and some of them read all of it.
    const running = COMMANDS.map(async ([name, args]) => {
      const { exitCode, output, errors } = await runBinary(
        name === 'show' ? [name, ...log.slice(0, 1), ...args, ...log.slice(1)] : [name, ...log, ...args],
        { env },
      )
      expect({ name, exitCode }, errors).toEqual({ name, exitCode: 0 })
      expect(output, name).not.toBe('')
    })
    await Promise.all(running)
    await writer.progress()
  })

  test('tail -f gives each entry once while they come', async () => {
    const { recorder, log, env } = placeOf()
    const writer = new Writer(recorder)
    await writer.progress()
    const tail = startBinary(['tail', '-f', '--columns', 'index', ...log], { env })
    onTestFinished(() => void tail.kill('SIGKILL'))
    if (!tail.stdout) throw new Error('the output is not a pipe')
    const indexes: number[] = []
    for await (const line of createInterface({ input: tail.stdout })) {
      indexes.push(JSON.parse(line).index)
      if (indexes.length === 1000) break
    }
    const first = indexes[0] ?? 0
    expect(indexes).toEqual(Array.from({ length: 1000 }, (_, i) => first + i))
    tail.kill('SIGINT')
    expect((await once(tail, 'exit'))[0]).toBe(130)
    await writer.progress()
  })
})
