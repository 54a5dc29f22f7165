// Checks one of the backends that would kill a test runner, or eat its memory, and prints the report.
import { checkBackend } from '@audit/testkit'
import { brokenPlace } from './broken-backends/broken-backend.ts'
import { DEADLY } from './broken-backends/deadly.ts'

const [name = '', caseTimeoutMs = '5000', ...only] = process.argv.slice(2)
const deadly = DEADLY[name]
if (!deadly) throw new Error(`there is no backend ${name}`)
const { passed, failed, skipped, notRun } = await checkBackend({
  create: () => brokenPlace({ fault: name, caughtBy: '', methods: deadly }),
  caseTimeoutMs: Number(caseTimeoutMs),
  ...(only.length > 0 && { only }),
})
const failures = failed.map(({ id, error }) => ({ id, message: error.message.slice(0, 500) }))
console.log(JSON.stringify({ passed, failures, skipped: skipped.length, notRun }))
