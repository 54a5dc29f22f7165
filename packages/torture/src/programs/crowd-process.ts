// One process of a crowd: starts its threads and prints what they tell: <backend> <address> <name> <threads> <callers> <entries>
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CrowdReport } from '../crowd.ts'

const [id, address, name, threads, callers, entries] = process.argv.slice(2)

async function runThread(number: number): Promise<CrowdReport> {
  const worker = new Worker(new URL('crowd-thread.ts', import.meta.url), {
    argv: [id ?? '', address ?? '', `${name}, thread ${number}`, callers ?? '', entries ?? ''],
  })
  const [report] = await once(worker, 'message')
  return report // what crowd-thread posts
}

const reports = await Promise.all(Array.from({ length: Number(threads) }, (_, i) => runThread(i)))
const all: CrowdReport = {
  queries: reports.reduce((sum, { queries }) => sum + queries, 0),
  loopDelaysMs: reports.flatMap(({ loopDelaysMs }) => loopDelaysMs),
}
console.log(JSON.stringify(all))
