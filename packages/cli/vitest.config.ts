import { testConfig } from '@audit/harness/vitest-config'

export default testConfig({ needsServer: true, isolate: false })
