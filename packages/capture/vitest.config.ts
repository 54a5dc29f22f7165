import { testConfig } from '@audit/harness/vitest-config'

const config = testConfig({ isolate: false })

// One test asks the collector to collect.
export default { ...config, test: { ...config.test, execArgv: ['--expose-gc'] } }
