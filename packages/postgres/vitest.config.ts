import { testConfig } from '@audit/harness/vitest-config'

export default testConfig({ timeoutMs: 120_000, needsServer: true })
