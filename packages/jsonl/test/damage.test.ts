import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { decodeLine, encodeLine } from '@audit/core/backend'
import { JsonlBackend } from '@audit/jsonl'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { freshPath, inputOf, leafOf, lineOf, openBackend, openInThisThread, textsOf } from './scene.ts'

const whole = lineOf('x')
const without = (key: string) =>
  JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(whole)).filter(([name]) => name !== key)))
const withValue = (key: string, value: unknown) => JSON.stringify({ ...JSON.parse(whole), [key]: value })
const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`

test.each<[reason: string, what: string, damaged: string | Buffer]>([
  ['torn', 'the start of an entry', whole.slice(0, 40)],
  ['torn', 'a brace', '{'],
  ['torn', 'half a character', Buffer.concat([Buffer.from(whole.slice(0, 60)), Buffer.from([0xc3])])],
  ['not-utf8', 'an entry in Latin-1', Buffer.from(whole.replace('"u"', '"\xff"'), 'latin1')],
  ['not-utf8', 'two bytes', Buffer.from([0x80, 0x81])],
  ['not-json', 'a word', 'hello'],
  ['not-json', 'zero bytes', '\0\0\0'],
  ['not-json', 'an array', '[1]'],
  ['not-json', 'null', 'null'],
  ['not-json', 'two entries', `${whole}${whole}`],
  ['not-json', 'a brace too many', `${whole}}`],
  ['not-entry', 'an empty object', '{}'],
  ['not-entry', 'no user', without('user')],
  ['not-entry', 'no metadata', without('metadata')],
  ['not-entry', 'an unknown key', withValue('extra', 1)],
  ['not-entry', 'a number as the user', withValue('user', 1)],
  ['not-entry', 'a text as the cost', withValue('cost_usd', '1')],
  ['not-entry', 'an array as metadata', withValue('metadata', [])],
  ['not-entry', 'a timestamp that is not one', withValue('timestamp', 'yesterday')],
  [
    'not-entry',
    'metadata of 100,000 levels',
    whole.replace('"metadata":{}', `"metadata":${nested(100_000)}`),
  ],
])('a damaged line is skipped, kept and reported: %s (%s)', async (reason, _, damaged) => {
  const path = freshPath()
  const before = Buffer.from(`${lineOf('a')}\n`)
  const content = Buffer.concat([before, Buffer.from(damaged), Buffer.from(`\n${lineOf('b')}\n`)])
  await writeFile(path, content)
  const { backend, log, damages } = await openBackend(path)
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(damages).toEqual([
    {
      line: 2,
      offset: before.length,
      length: Buffer.byteLength(damaged),
      reason,
      message: expect.stringMatching(/./),
    },
  ])
  expect(await backend.damage()).toEqual(damages)
  const entry = await log.record(inputOf('c'))
  expect(entry.index).toBe(2)
  expect(await readFile(path)).toEqual(Buffer.concat([content, Buffer.from(`${encodeLine(entry)}\n`)]))
})

test('of two lines with one id the first counts', async () => {
  const path = freshPath()
  const line = lineOf('a')
  await writeFile(path, `${line}\n${line.replace('"a"', '"forged"')}\n${lineOf('b')}\n${line}`)
  const { backend, damages, log } = await openBackend(path)
  expect(await textsOf(backend)).toEqual(['a', 'b'])
  expect(await log.get(decodeLine(line).entryId)).toMatchObject({ inputText: 'a' })
  expect(damages).toMatchObject([
    { line: 2, reason: 'duplicate-id' },
    { line: 4, reason: 'duplicate-id' },
  ])
})

test('an id that the log has is not written again', async () => {
  const path = freshPath()
  const { backend } = await openBackend(path)
  const leaf = leafOf('a')
  await backend.append([leaf])
  const failure = { code: 'AUDIT_WRITE_FAILED' }
  await expect(backend.append([leafOf('b'), leaf])).rejects.toMatchObject(failure)
  const twice = leafOf('c')
  await expect(backend.append([twice, twice])).rejects.toMatchObject(failure)
  expect(await textsOf(backend)).toEqual(['a'])
  expect(await readFile(path, 'utf8')).toBe(`${leaf.line}\n`)
})

test('a callback that throws or rejects does not break the log, and is shown as a warning', async () => {
  const path = freshPath()
  await writeFile(path, `x\n${lineOf('a')}\n`)
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warnings.mockRestore())
  const callbacks = [
    () => {
      throw new Error('mine')
    },
    () => Promise.reject(new Error('mine')),
  ]
  for (const onDamage of callbacks) {
    const backend = new JsonlBackend({ path, onDamage })
    await backend.open()
    expect(await textsOf(backend)).toEqual(['a'])
    await backend.close()
  }
  expect(warnings.mock.calls).toEqual([[new Error('mine')], [new Error('mine')]])
})

test('without a callback the first ten lines become warnings', async () => {
  const path = freshPath()
  await writeFile(path, 'x\n'.repeat(500))
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warnings.mockRestore())
  const backend = new JsonlBackend({ path })
  await backend.open()
  expect(warnings).toHaveBeenCalledTimes(11)
  expect(await backend.damage()).toHaveLength(500)
  await backend.close()
})

test('a file of nothing but damage opens in bounded memory', async () => {
  const path = freshPath()
  await writeFile(path, 'x\n'.repeat(200_000))
  const { backend, damages } = await openBackend(path)
  expect(await backend.damage()).toHaveLength(10_000)
  expect(damages).toHaveLength(200_000)
  expect(damages.at(-1)).toMatchObject({ line: 200_000, offset: 399_998 })
})

test('whatever bytes are put in, cut out or changed, no entry is invented and the log continues', async () => {
  const lines = ['a', 'b', 'c'].map(lineOf)
  const content = Buffer.from(lines.map(line => `${line}\n`).join(''))
  const edit = fc.record({
    at: fc.nat(content.length),
    remove: fc.oneof(fc.constant(0), fc.nat(200)),
    insert: fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(Buffer.from(`\n${lines[1]}\n`))),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async edits => {
      const path = freshPath()
      const edited = edits.reduce<Buffer>((bytes, { at, remove, insert }) => {
        return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
      }, content)
      await writeFile(path, edited)
      const canonical = async ({ log }: Pick<Awaited<ReturnType<typeof openInThisThread>>, 'log'>) =>
        (await log.read(0, 100)).items.map(entry => encodeLine(entry))
      const own = await openInThisThread(path)
      const closed = edited.subarray(0, edited.lastIndexOf('\n') + 1)
      expect(await canonical(own)).toEqual(entriesByPlainReading(closed))
      const expected = entriesByPlainReading(edited) // a tail counts once the writer has closed it off
      const leaf = leafOf('next')
      expect(await own.append(leaf)).toBe(expected.length)
      expect(await canonical(own)).toEqual([...expected, leaf.line])
      expect(await canonical(await openInThisThread(path))).toEqual([...expected, leaf.line])
      expect((await readFile(path)).subarray(0, edited.length)).toEqual(edited)
    }),
    { numRuns: 150 },
  )
})

/** The canonical lines of the entries of a file, by the plainest reading there is. */
function entriesByPlainReading(bytes: Buffer): string[] {
  const ids = new Set<string>()
  const found: string[] = []
  let start = 0
  while (start < bytes.length) {
    const newline = bytes.indexOf('\n', start)
    const end = newline === -1 ? bytes.length : newline
    try {
      const entry = decodeLine(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end)))
      if (!ids.has(entry.entryId)) found.push(encodeLine(entry))
      ids.add(entry.entryId)
    } catch {
      // A line that cannot be read is no entry.
    }
    start = end + 1
  }
  return found
}

test('damage has the number of its line, from 1, whoever wrote the lines before it', async () => {
  const path = freshPath()
  await writeFile(path, `x\n\n${lineOf('a')}\r\ny\n${lineOf('b')}`) // lines 1, 4, and a tail in line 5
  const { backend, log } = await openBackend(path)
  const numbers = async () => (await backend.damage()).map(({ line }) => line)
  expect(await numbers()).toEqual([1, 4, 5])
  await log.record(inputOf('c')) // line 6
  await Promise.all([log.record(inputOf('d')), log.record(inputOf('e'))]) // lines 7 and 8
  await appendFile(path, `z\n${'w'.repeat(600_000)}\n\n{`)
  expect(await numbers()).toEqual([1, 4, 9, 10, 12])
  const again = await openBackend(path)
  expect(await again.backend.damage()).toEqual(await backend.damage())
  const lines = (await readFile(path, 'utf8')).split('\n')
  for (const { line, offset, length } of await backend.damage()) {
    expect(Buffer.byteLength(lines[line - 1] ?? '')).toBe(length)
    expect(Buffer.byteLength(lines.slice(0, line - 1).join('\n')) + (line > 1 ? 1 : 0)).toBe(offset)
  }
})
