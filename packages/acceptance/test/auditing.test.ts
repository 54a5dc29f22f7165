import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, generateKey } from '@audit/core'
import { outcomeOf, runNode } from '@audit/harness'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import { beforeEach, describe, expect, test } from 'vitest'
import { ODD_LINES } from './odd-lines.ts'
import { commandsOf, folderWith, save } from './recipe-folder.ts'

// What docs/auditing.md promises to somebody who has Python and openssl, and nothing of ours.

const KEY = generateKey('example.com/audit')
const SCRIPTS = ['jcs.py', 'entries.py', 'checkpoint.py', 'audit.py', 'receipt.py'] as const

/** The program itself: what is on the PATH may be a script that needs the PATH. */
const PYTHON = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).stdout?.trim()
const hasOpenssl = /^OpenSSL 3/.test(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '')

describe.skipIf(!PYTHON || !hasOpenssl)('with Python and openssl alone (needs python3 and openssl 3)', () => {
  let folder: string
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')
  const write = (name: string, data: string | Buffer) => writeFileSync(file(name), data)

  beforeEach(() => {
    folder = folderWith('core', 'sqlite', 'jsonl')
    mkdirSync(file('scripts'))
    for (const name of SCRIPTS) write(`scripts/${name}`, commandsOf('docs/auditing.md', 'python', name))
    write('audit.pub', KEY.publicKey)
  })

  /** The exit code and the last line of a script, which is its verdict, and what stands before it. */
  async function run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const all = ['-B', join(folder, 'scripts', script), ...args]
    const child: ChildProcess = spawn(PYTHON ?? '', all, { cwd: folder, env: { ...process.env, ...env } })
    const { exitCode, output, errors } = await outcomeOf(child)
    expect(errors).toBe('')
    const lines = output.trimEnd().split('\n')
    return { exitCode, verdict: lines.pop() ?? '', before: lines }
  }

  const audit = (log: string, env?: NodeJS.ProcessEnv) =>
    run('audit.py', [log, 'checkpoint.txt', 'audit.pub'], env)
  const checkReceipt = () => run('receipt.py', ['receipt.json', 'audit.pub'])

  const GOOD = { exitCode: 0, verdict: expect.stringMatching(/^GOOD: /) }
  const BAD = { exitCode: 1, verdict: expect.stringMatching(/^BAD: /) }
  const CANNOT_TELL = { exitCode: 2, verdict: expect.stringMatching(/^CANNOT TELL: /) }

  /** Opens a log, does something with it, signs it as it is then, and closes it. */
  async function signed(backend: JsonlBackend | SqliteBackend, use: (log: AuditLog) => unknown = () => {}) {
    await using log = new AuditLog({ backend, signer: createSigner(KEY.privateKey) })
    await use(log)
    write('checkpoint.txt', await log.checkpoint())
    return log.count()
  }

  const input = (text: string) => ({ model: 'm', inputText: text, outputText: text })
  const recordTwo = async (log: AuditLog) => {
    for (const text of ['Hello?', 'Still there?']) await log.record(input(text))
  }

  test('the sample is good, and no longer once anything in it was changed', async () => {
    save(folder, 'sample.ts')
    await runNode(folder, 'sample.ts')
    expect(await audit('audit.db')).toMatchObject({ ...GOOD, before: [] })
    copyFileSync(file('checkpoint-jsonl.txt'), file('checkpoint.txt'))
    expect(await audit('audit.jsonl')).toMatchObject({ ...GOOD, before: [] })
    expect(await checkReceipt()).toMatchObject(GOOD)

    write('audit.jsonl', read('audit.jsonl').replace('Hello?', 'Hullo?'))
    expect(await audit('audit.jsonl')).toMatchObject(BAD)
    write('checkpoint.txt', read('checkpoint.txt').replace('\n4\n', '\n3\n'))
    expect(await audit('audit.jsonl')).toMatchObject(BAD)
  })

  test('the lines of a JSONL file that count, and their hashes, are those of the log', async () => {
    write('audit.jsonl', Buffer.concat(ODD_LINES.flatMap(line => [Buffer.from(line), Buffer.from('\n')])))
    const backend = new JsonlBackend({ path: file('audit.jsonl'), onDamage: () => {} })
    const damaged: number[] = []
    const count = await signed(backend, async log => {
      await recordTwo(log)
      for (const { line } of await backend.damage()) damaged.push(line)
    })
    const { before, ...verdict } = await audit('audit.jsonl')
    const skipped = before
      .filter(line => !line.endsWith('blank'))
      .map(line => /^skipped line (\d+): /.exec(line)?.[1])
    expect(skipped.map(Number)).toEqual(damaged)
    expect(damaged.length).toBeGreaterThan(50)
    expect(verdict).toEqual({
      exitCode: 0,
      verdict: `GOOD: the first ${count} of ${count} entries are those that example.com/audit signed`,
    })
  })

  test.each([
    ['a torn line', '{"cost_usd":null,"entry_id":"01'],
    ['a whole entry without its newline', ODD_LINES[0] ?? ''],
    ['white space', ' \r'],
  ])(
    '%s at the end does not count, nor once a writer has closed it off, unless it is an entry',
    async (_, tail) => {
      await signed(new JsonlBackend({ path: file('audit.jsonl') }), recordTwo)
      appendFileSync(file('audit.jsonl'), tail)
      const { before, ...verdict } = await audit('audit.jsonl')
      expect(verdict).toMatchObject(GOOD)
      expect(before).toEqual([expect.stringMatching(/^skipped line 3: /)])
      await signed(new JsonlBackend({ path: file('audit.jsonl'), onDamage: () => {} }), recordTwo)
      expect(await audit('audit.jsonl')).toMatchObject(GOOD)
    },
  )

  test('a file that holds no entry at all is not called a forgery, but an empty one lacks entries', async () => {
    await signed(new JsonlBackend({ path: file('audit.jsonl') }), recordTwo)
    write('audit.jsonl', Buffer.from(read('audit.jsonl'), 'utf16le'))
    expect(await audit('audit.jsonl')).toMatchObject(CANNOT_TELL)
    write('audit.jsonl', '')
    expect(await audit('audit.jsonl')).toMatchObject(BAD)
  })

  test('the evidence is not changed by a byte, nor is a file added, also where the newest entries are in a -wal', async () => {
    mkdirSync(file('evidence'))
    await signed(new SqliteBackend({ path: file('audit.db') }), async log => {
      await recordTwo(log)
      for (const name of ['audit.db', 'audit.db-wal', 'audit.db-shm'])
        copyFileSync(file(name), file(`evidence/${name}`))
    })
    const bytes = () =>
      readdirSync(file('evidence')).map(name => [
        name,
        readFileSync(file(`evidence/${name}`)).toString('base64'),
      ])
    const before = bytes()
    expect(before).toHaveLength(3)
    expect(await audit('evidence/audit.db')).toMatchObject(GOOD)
    expect(bytes()).toEqual(before)

    mkdirSync(file('closed'))
    copyFileSync(file('audit.db'), file('closed/audit.db'))
    expect(await audit('closed/audit.db')).toMatchObject(GOOD)
    expect(readdirSync(file('closed'))).toEqual(['audit.db'])
    expect(readFileSync(file('closed/audit.db'))).toEqual(readFileSync(file('audit.db')))

    copyFileSync(file('evidence/audit.db'), file('closed/audit.db')) // without its -wal
    expect((await audit('closed/audit.db')).exitCode).not.toBe(0)
  })

  test('a row that was changed, removed or is no entry makes a database bad', async () => {
    const attack = (statement: string) => {
      const script = `import sqlite3; d = sqlite3.connect("audit.db", isolation_level=None)
for (name,) in d.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall(): d.execute(f"DROP TRIGGER {name}")
d.execute("""${statement}""")`
      expect(spawnSync(PYTHON ?? '', ['-c', script], { cwd: folder, encoding: 'utf8' }).stderr).toBe('')
    }
    await signed(new SqliteBackend({ path: file('audit.db') }), recordTwo)
    copyFileSync(file('audit.db'), file('whole.db'))
    for (const statement of [
      `UPDATE audit_log SET input_text = 'x' WHERE "index" = 0`,
      `UPDATE audit_log SET input_text = CAST(x'ff' AS TEXT) WHERE "index" = 1`,
      `UPDATE audit_log SET metadata = '{"a":1,"a":1}' WHERE "index" = 1`,
      `UPDATE audit_log SET metadata = 'x' WHERE "index" = 1`,
      `UPDATE audit_log SET "index" = -1 WHERE "index" = 0`,
      `DELETE FROM audit_log WHERE "index" = 1`,
    ]) {
      copyFileSync(file('whole.db'), file('audit.db'))
      attack(statement)
      expect(await audit('audit.db'), statement).toMatchObject(BAD)
    }
    write('audit.db', Buffer.concat([readFileSync(file('whole.db')).subarray(0, 5000), Buffer.alloc(5000)]))
    expect(await audit('audit.db')).toMatchObject(CANNOT_TELL)
  })

  describe('what is no verdict about the log', () => {
    beforeEach(() => signed(new JsonlBackend({ path: file('audit.jsonl') }), recordTwo))

    test.skipIf(process.platform === 'win32').each([
      ['is not installed', undefined],
      ['knows no -rawin, as LibreSSL and OpenSSL 1.1', 'echo "pkeyutl: Unknown option: -rawin" >&2; exit 1'],
      ['cannot read the key', 'echo "Could not read public key" >&2; exit 1'],
      ['is something else', 'exit 0'],
      ['is killed', 'kill -9 $$'],
    ])('openssl %s (in place of it, a shell script)', async (_, script) => {
      mkdirSync(file('bin'))
      if (script !== undefined) write('bin/openssl', `#!/bin/sh\n${script}\n`)
      if (script !== undefined) chmodSync(file('bin/openssl'), 0o755)
      expect(await audit('audit.jsonl', { PATH: file('bin') })).toMatchObject(CANNOT_TELL)
    })

    const MARK = '\uFEFF'
    test.each<[what: string, name: string, change: (text: string) => string | Buffer]>([
      ['with a byte-order mark', 'checkpoint.txt', text => MARK + text],
      ['with CRLF', 'checkpoint.txt', text => text.replaceAll('\n', '\r\n')],
      ['in UTF-16', 'checkpoint.txt', text => Buffer.from(MARK + text, 'utf16le')],
      ['in another encoding', 'checkpoint.txt', text => Buffer.from(text.replace('—', '\x97'), 'latin1')],
      ['cut off', 'checkpoint.txt', text => text.slice(0, -20)],
      ['without its signature', 'checkpoint.txt', text => text.slice(0, text.indexOf('—'))],
      ['that is empty', 'checkpoint.txt', () => ''],
      ['that is the key', 'checkpoint.txt', () => KEY.publicKey],
      ['with a byte-order mark', 'audit.pub', text => MARK + text],
      ['in UTF-16', 'audit.pub', text => Buffer.from(MARK + text, 'utf16le')],
      ['with a wrong letter', 'audit.pub', text => text.replace('audit+', 'audlt+')],
      ['cut off', 'audit.pub', text => text.slice(0, -1)],
      ['that is the private one', 'audit.pub', () => KEY.privateKey],
      ['that is empty', 'audit.pub', () => ''],
    ])('a file %s: %s', async (_, name, change) => {
      write(name, change(read(name)))
      expect(await audit('audit.jsonl')).toMatchObject(CANNOT_TELL)
    })

    test.each(['\n', '\r\n'])('but a key may end with %j', async end => {
      write('audit.pub', KEY.publicKey + end)
      expect(await audit('audit.jsonl')).toMatchObject(GOOD)
    })

    test('a file that is missing, and an argument too many or too few', async () => {
      expect(await audit('nothing.jsonl')).toMatchObject(CANNOT_TELL)
      expect(await run('audit.py', ['audit.jsonl', 'checkpoint.txt'])).toMatchObject(CANNOT_TELL)
      expect(await run('receipt.py', ['receipt.json', 'audit.pub', 'more'])).toMatchObject(CANNOT_TELL)
    })

    test('a checkpoint of another log, or that another key signed under the same name, is bad', async () => {
      const checkpoint = read('checkpoint.txt')
      write('audit.pub', generateKey('example.com/other').publicKey)
      expect(await audit('audit.jsonl')).toMatchObject(BAD)
      write('audit.pub', generateKey('example.com/audit').publicKey)
      expect(await audit('audit.jsonl')).toMatchObject(BAD)
      write('audit.pub', KEY.publicKey)
      write('checkpoint.txt', checkpoint.replace(/\n2\n/, '\n1\n'))
      expect(await audit('audit.jsonl')).toMatchObject(BAD)
    })
  })

  describe('a receipt', () => {
    let original: { readonly entry: Record<string, unknown>; readonly proof: string }

    beforeEach(async () => {
      const log = new AuditLog({ signer: createSigner(KEY.privateKey) })
      const entry = await log.record({ ...input('May I?'), costUsd: 0.25, metadata: { k: ['v', 1] } })
      await log.record(input('later'))
      original = { entry: { ...entry }, proof: await log.prove(entry.entryId) }
    })

    const store = (receipt: unknown) => write('receipt.json', JSON.stringify(receipt))

    test('is good with the public key alone, however its JSON is spelt', async () => {
      write('receipt.json', `\uFEFF${JSON.stringify(original, undefined, 2).replaceAll('\n', '\r\n')}`)
      expect(await checkReceipt()).toMatchObject(GOOD)
    })

    test('is bad if its signature is garbage, or of a key that somebody made up', async () => {
      const [text, signature = ''] = original.proof.split('— example.com/audit ')
      const garbage = Buffer.from(signature, 'base64').fill(7, 4).toString('base64')
      store({ ...original, proof: `${text}— example.com/audit ${garbage}\n` })
      expect(await checkReceipt()).toMatchObject(BAD)

      const forger = new AuditLog({ signer: createSigner(generateKey('example.com/audit').privateKey) })
      const entry = await forger.record(input('No.'))
      store({ entry, proof: await forger.prove(entry.entryId) })
      expect(await checkReceipt()).toMatchObject(BAD)
    })

    test('is bad if anything in it was changed, added or left out', async () => {
      const { model: _, ...incomplete } = original.entry
      const changes: readonly unknown[] = [
        { ...original.entry, outputText: 'No.' },
        { ...original.entry, index: 1 },
        { ...original.entry, index: false },
        { ...original.entry, note: 'and more' },
        { ...original.entry, user: '\ud800' },
        { ...original.entry, costUsd: '0.25' },
        incomplete,
        null,
      ]
      for (const entry of changes) {
        store({ ...original, entry })
        expect(await checkReceipt(), JSON.stringify(entry)).toMatchObject(BAD)
      }
      store({ ...original, proof: original.proof.replace('index 0', 'index 1') })
      expect(await checkReceipt()).toMatchObject(BAD)
      write('receipt.json', JSON.stringify({ ...original, note: 'approved' }))
      expect(await checkReceipt()).toMatchObject(BAD)
      write(
        'receipt.json',
        JSON.stringify(original).replace('"entry":', '"entry":{"outputText":"No."},"entry":'),
      )
      expect(await checkReceipt()).toMatchObject(BAD)
    })

    test('is no verdict if it is torn, or not a receipt', async () => {
      for (const text of [
        '',
        JSON.stringify(original).slice(0, -9),
        '{}',
        '[]',
        JSON.stringify({ ...original, proof: 'x' }),
      ]) {
        write('receipt.json', text)
        expect(await checkReceipt(), text).toMatchObject(CANNOT_TELL)
      }
    })
  })
})
