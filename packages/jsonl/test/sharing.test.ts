import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { encodeLine } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { CALLERS, ENTRIES } from './crowd-writer.ts'
import { freshPath, inputOf, leafOf, openBackend, textsOf } from './scene.ts'

const writer = new URL('crowd-writer.ts', import.meta.url)

test('two instances see the entries of each other, and assign contiguous indexes', async () => {
  const path = freshPath()
  const one = await openBackend(path)
  const two = await openBackend(path)
  expect(await one.log.record(inputOf('a'))).toMatchObject({ index: 0 })
  expect(await two.log.count()).toBe(1)
  expect(await two.log.record(inputOf('b'))).toMatchObject({ index: 1 })
  expect(await one.log.record(inputOf('c'))).toMatchObject({ index: 2 })
  expect(await textsOf(one.backend)).toEqual(['a', 'b', 'c'])
  expect(await two.log.query()).toEqual(await one.log.query())
})

test('callers of one instance that do not wait for each other take turns', async () => {
  const { backend } = await openBackend(freshPath())
  const texts = Array.from({ length: 30 }, (_, i) => String(i))
  const [places] = await Promise.all([
    Promise.all(texts.map(text => backend.append([leafOf(text)]))),
    Promise.all(texts.map(() => backend.size())),
  ])
  expect(places).toEqual(texts.map(Number))
  expect(await textsOf(backend)).toEqual(texts)
})

test('an instance that is far behind catches up before it writes', async () => {
  const path = freshPath()
  const one = await openBackend(path)
  const two = await openBackend(path)
  await Promise.all(Array.from({ length: 500 }, () => one.log.record(inputOf('x'.repeat(10_000)))))
  expect(await two.log.record(inputOf('last'))).toMatchObject({ index: 500 })
})

async function inProcess(path: string, name: string): Promise<void> {
  const child = fork(fileURLToPath(writer), [path, name])
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
}

async function inThread(path: string, name: string): Promise<void> {
  const worker = new Worker(writer, { argv: [path, name] })
  const [code] = await once(worker, 'exit')
  expect(code).toBe(0)
}

test('a crowd in processes, threads and this thread keeps every entry once and in order', async () => {
  const path = freshPath()
  const { log, backend, damages } = await openBackend(path)
  const names = ['p0', 'p1', 't0', 't1']
  let isOver = false
  const crowd = Promise.all(
    names.map(name => (name.startsWith('p') ? inProcess(path, name) : inThread(path, name))),
  ).finally(() => {
    isOver = true
  })
  let seen = 0
  while (!isOver) {
    const size = await backend.size()
    expect(size).toBeGreaterThanOrEqual(seen)
    seen = size
    await log.record({ ...inputOf('own'), user: 'reader' })
  }
  await crowd

  const entries = await backend.read(0, Number.MAX_SAFE_INTEGER)
  expect(entries.map(entry => entry.index)).toEqual(entries.map((_, i) => i))
  const counted = Array.from({ length: ENTRIES }, (_, i) => String(i))
  for (const name of names) {
    for (let caller = 0; caller < CALLERS; caller++) {
      const own = await log.query({ user: `${name}.${caller}` })
      expect(own.toSorted((a, b) => a.index - b.index).map(entry => entry.inputText)).toEqual(counted)
    }
  }
  const file = await readFile(path, 'utf8')
  expect(file).toBe(entries.map(entry => `${encodeLine(entry)}\n`).join(''))
  expect(damages).toEqual([])
})
