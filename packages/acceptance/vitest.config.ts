import { testConfig } from '@audit/harness/vitest-config'

export default testConfig({ timeoutMs: 300_000, needsServer: true })
