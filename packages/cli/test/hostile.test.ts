import { AuditLog, type EntryInput } from '@audit/core'
import { encodeLine } from '@audit/core/backend'
import { TemporaryFolder } from '@audit/harness'
import { JsonlBackend } from '@audit/jsonl'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { safeJson, safeJsonText, safeLines, safeText } from '../src/output/safe-text.ts'
import { runHere } from './in-process.ts'

const PAYLOADS = [
  '\u001b[2J\u001b]0;owned\u0007',
  '\u001b]8;;http://example.com\u001b\\click\u001b]8;;\u001b\\',
  '\u009b31m\u0090payload\u009c',
  'a\u007fb\u0000c\rd\u0008e',
  '\u202egnp.exe\u2066\u2069',
  'zero\u200bwidth\u200d\u2060\ufeff\u00ad\u034f',
  'lines\u2028and\u2029paragraphs\u0085',
  'tag\u{e0041}\u{e007f} \u3164 \uffa0',
  `blank\u2800\u00a0 1\ufe0f private\ue000 unassigned\u0378\uffff flood${'\u0335'.repeat(1000)}`,
  '<script>alert(1)</script>',
  '=cmd|calc!A1',
  'x'.repeat(1_000_000),
]

/** What a terminal may obey, but for the line breaks between rows. */
const OBEYED =
  /\p{Cc}|\p{Cf}|\p{Co}|\p{Cn}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|\u2800|\u{1d159}|\p{M}{9}/u

let folder: TemporaryFolder
beforeAll(async () => {
  folder = new TemporaryFolder()
  const log = new AuditLog({ backend: new JsonlBackend({ path: folder.file('hostile.jsonl') }) })
  for (const payload of PAYLOADS) {
    const input: EntryInput = { model: 'm', inputText: '', outputText: '' }
    await log.record({ ...input, model: payload, user: payload })
    await log.record({ ...input, inputText: payload, outputText: payload })
    await log.record({
      ...input,
      metadata: { [payload]: payload, 'audit.status': payload, nested: [{ [payload]: payload }] },
    })
  }
  await log.close()
})
afterAll(() => folder[Symbol.dispose]())

const COMMANDS = [
  'query hostile.jsonl --limit 0',
  'query hostile.jsonl --limit 0 --columns user,model,status,metadata,nested,input,output',
  'query hostile.jsonl --limit 0 --json',
  'query hostile.jsonl --limit 0 --lines',
  'tail hostile.jsonl -n 33',
  'stats hostile.jsonl --by user,model,status',
  'stats hostile.jsonl --by nested',
  ...PAYLOADS.flatMap((_, i) => [0, 1, 2].map(n => `show hostile.jsonl ${i * 3 + n} --proof`)),
  ...PAYLOADS.flatMap((_, i) => [0, 1, 2].map(n => `show hostile.jsonl ${i * 3 + n} --json`)),
]

test.each(COMMANDS)('a terminal gets nothing to obey: %s', async command => {
  const env = { NO_COLOR: '1', TERM: 'dumb' } // no progress either
  const { exitCode, both } = await runHere(command.split(' '), { cwd: folder.path, columns: 100, env })
  expect(exitCode).toBe(0)
  expect(both.replaceAll('\n', '')).not.toMatch(OBEYED)
})

test('what was typed is shown safely too', async () => {
  for (const payload of PAYLOADS.slice(0, 9).map(text => text.replaceAll('\0', ''))) {
    for (const args of [
      [payload],
      ['query', payload],
      ['query', 'hostile.jsonl', '--since', payload],
      ['show', 'hostile.jsonl', payload],
      ['query', `--${payload}`],
      ['query', 'hostile.jsonl', '--metadata', payload],
      ['stats', 'hostile.jsonl', '--by', `${payload},${payload}`],
    ]) {
      const { exitCode, stderr } = await runHere(args, {
        cwd: folder.path,
        columns: 100,
        env: { NO_COLOR: '1', TERM: 'dumb' },
      })
      expect(exitCode).toBe(2)
      expect(stderr.replaceAll('\n', '')).not.toMatch(OBEYED)
    }
  }
})

test('a pipe gets what was recorded: JSON that says the same, and canonical lines byte for byte', async () => {
  const log = new AuditLog({
    backend: new JsonlBackend({ path: folder.file('hostile.jsonl'), readOnly: true }),
  })
  const entries = await log.query()
  await log.close()
  const args = ['query', 'hostile.jsonl', '--limit', '0', '--oldest']
  const json = await runHere(args, { cwd: folder.path })
  expect(
    json.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toEqual(entries)
  expect(json.stdout.replaceAll('\n', '')).not.toMatch(OBEYED)
  const lines = await runHere([...args, '--lines'], { cwd: folder.path })
  expect(lines.stdout).toBe(entries.map(entry => `${encodeLine(entry)}\n`).join(''))
})

test('a terminal is told that its lines are not byte for byte', async () => {
  const { stderr } = await runHere(['query', 'hostile.jsonl', '--lines'], { cwd: folder.path, columns: 80 })
  expect(stderr).toMatch(/escaped here/)
})

describe('a safe text', () => {
  test('names each character that it escapes', () => {
    expect(safeText('a\u001b[1mb\u202e\n\u{e0041}\ud800')).toBe(
      'a\\u{1b}[1mb\\u{202e}\\u{a}\\u{e0041}\\u{d800}',
    )
    expect(safeLines('a\r\n\tb\rc')).toBe('a\n\tb\\u{d}c')
  })
  test('leaves other characters alone', () => {
    const texts = ['おはよう　Ünï', 'עברית שָׁלוֹם', 'किन्दी ภาษาไทย', 'Tie\u0302\u0301ng', '| \\u{1b}', '\ufffd']
    for (const text of texts) {
      expect(safeText(text)).toBe(text)
      expect(safeLines(text)).toBe(text)
      expect(safeJsonText(text)).toBe(text)
    }
  })
  test('leaves emoji alone, whatever they are made of', () => {
    for (const emoji of ['👍🏽', '❤️', '1️⃣', '👩🏽‍❤️‍💋‍👨🏿', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👁️‍🗨️', '©️']) {
      expect(safeText(`a ${emoji} b`)).toBe(`a ${emoji} b`)
      expect(safeJson(emoji)).toBe(`"${emoji}"`)
    }
  })
  test.each([
    ['a variation selector without an emoji', 'a\ufe0f1\ufe0f', 'a\\u{fe0f}1\\u{fe0f}'],
    ['a second one', '❤\ufe0f\ufe0f', '❤\ufe0f\\u{fe0f}'],
    ['a joiner between letters', 'a\u200db', 'a\\u{200d}b'],
    ['a joiner without a second emoji', '👍\u200dx', '👍\\u{200d}x'],
    ['letters behind a flag', '🏴\u{e0061}', '🏴\\u{e0061}'],
    ['a blank of Braille', 'a\u2800b', 'a\\u{2800}b'],
    ['a blank that does not break', 'a\u00a0b', 'a\\u{a0}b'],
    ['a mark without a character', '\u0301a', '\\u{301}a'],
    ['a private character', '\ue000', '\\u{e000}'],
    ['no character', '\uffff\u0378', '\\u{ffff}\\u{378}'],
  ])('shows %s', (_, text, shown) => {
    expect(safeText(text)).toBe(shown)
  })
  test('shows marks that would cover what stands around', () => {
    const shown = safeText(`Z${'\u0335'.repeat(1000)}`)
    expect(shown).toMatch(/^Z\u0335{8}(\\u\{335\}){992}$/)
    expect(safeLines('a\n\u0301b')).toBe('a\n\\u{301}b')
  })
  test('of several lines keeps white space of all kinds', () => {
    expect(safeLines('Qui\u00a0?\n\t\u202f«')).toBe('Qui\u00a0?\n\t\u202f«')
  })
  test('as JSON says the same', () => {
    const value = { 'a\u202e': ['\u009b\u{e0041}\u2028"\\'] }
    expect(safeJson(value)).toMatch(/^[ -~]*$/)
    expect(JSON.parse(safeJson(value))).toEqual(value)
  })
})
