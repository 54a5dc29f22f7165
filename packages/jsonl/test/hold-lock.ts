// Takes the lock on the file of the first argument as a writer does, says so, and holds it until it is killed.
import { openSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { FileLock, newDeadline } from '../src/file-lock.ts'
import { loadNativeLock } from '../src/native-lock.ts'

const lock = new FileLock(loadNativeLock([import.meta.url]), openSync(process.argv[2] ?? '', 'r+'))
await lock.hold(
  'exclusive',
  newDeadline(),
  () => {},
  () => true,
)
parentPort?.postMessage('held')
process.send?.('held')
setInterval(() => {}, 1000)
