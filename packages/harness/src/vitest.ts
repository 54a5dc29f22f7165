export { temporaryFolder } from './test-folder.ts'
export { providerServer } from './test-provider.ts'
export { watchWorkers } from './watch-workers.ts'
