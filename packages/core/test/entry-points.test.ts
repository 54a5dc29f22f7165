import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as application from '@audit/core'
import * as backend from '@audit/core/backend'
import * as offline from '@audit/core/verify'
import { expect, test } from 'vitest'

const DIST = join(dirname(fileURLToPath(import.meta.url)), '../dist')

/** What a built file imports, through the files beside it: the names of modules from elsewhere. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const found = new Set<string>()
  const text = readFileSync(join(DIST, file), 'utf8')
  for (const [, from = ''] of text.matchAll(/^(?:import|export|\} from)\b[^'"\n]*["']([^'"]+)["'];?$/gm)) {
    if (!from.startsWith('.')) found.add(from)
    else for (const name of importsOf(from.slice(2), seen)) found.add(name)
  }
  return found
}

test('the offline entry point needs neither a log nor a package that makes ids', () => {
  expect([...importsOf('verify.js')].toSorted()).toEqual(['canonicalize', 'crypto'])
  expect(importsOf('index.js')).toContain('uuid')
})

test('each entry point has what its readers need, and the offline one is a part of the first', () => {
  expect(application).toMatchObject(offline)
  expect(Object.keys(offline)).toEqual(
    expect.arrayContaining(['createVerifier', 'verifyCheckpoint', 'verifyConsistency', 'verifyProof']),
  )
  expect(Object.keys(application)).not.toContain('EntryIndex')
  expect(Object.keys(backend)).toContain('LifeCycle')
})

test('an error is the same class from each entry point', () => {
  expect(application.AuditError).toBe(backend.AuditError)
})
