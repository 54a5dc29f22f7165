export {
  type BackendReport,
  type CaseProgress,
  type CheckBackendOptions,
  checkBackend,
  type FailedCase,
  type SkippedCase,
} from './check-backend.ts'
export type { BackendPlace, CreatePlace } from './place.ts'
export { type TestBackendOptions, testBackend } from './test-backend.ts'
