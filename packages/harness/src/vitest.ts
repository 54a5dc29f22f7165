export { temporaryFolder } from './test-folder.ts'
export { watchWorkers } from './watch-workers.ts'
