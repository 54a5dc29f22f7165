export {
  type CheckIntegrationOptions,
  checkIntegration,
  type IntegrationResult,
  type Runner,
  testIntegration,
} from './check-integration.ts'
export type { AskOptions, CreateClient, IntegrationClient, IntegrationSetUp, Model } from './integration.ts'
