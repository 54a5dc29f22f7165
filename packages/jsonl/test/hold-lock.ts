// Takes the lock on the file of the first argument as a writer does, says so, and holds it until it is killed.
import { openSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { FileLock } from '../src/file-lock.ts'

await new FileLock(openSync(process.argv[2] ?? '', 'r+')).acquire('exclusive')
parentPort?.postMessage('held')
process.send?.('held')
setInterval(() => {}, 1000)
