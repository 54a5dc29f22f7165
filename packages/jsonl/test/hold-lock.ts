// Takes the lock on the file of the first argument as a writer does, says so, and holds it until it is killed.
import { parentPort } from 'node:worker_threads'
import { holdLock } from './held-lock.ts'

await holdLock(process.argv[2] ?? '')
parentPort?.postMessage('held')
process.send?.('held')
setInterval(() => {}, 1000)
