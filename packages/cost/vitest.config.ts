import { testConfig } from '@audit/harness/vitest-config'

export default testConfig({ isolate: false })
