import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** The threads that this process starts from now on until the test has finished, in their order. */
export function watchWorkers(): readonly Worker[] {
  const workers: Worker[] = []
  const watch = (worker: Worker) => workers.push(worker)
  process.on('worker', watch)
  onTestFinished(() => void process.off('worker', watch))
  return workers
}
