#!/usr/bin/env node
import { processContext } from './process-context.ts'
import { run } from './run.ts'

const context = processContext()
process.exitCode = await run(process.argv.slice(2), context)
if (context.signal.aborted) process.exit() // whatever a thread is still at
