import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import type { ProviderServer, Scene } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { expect } from 'vitest'

/** A program that asks a model as alice, with an intent, and is killed for it. */
export interface KilledProgram {
  /**
   * The file of the program: `node PROGRAM LOG ADDRESS [ARGUMENT…]`. It asks `the first` and gets an answer, asks `a question
   * without an answer` for a stream, and prints a line once that has begun.
   */
  readonly program: URL
  readonly args?: readonly string[]
  /** The model that it asks. */
  readonly model: string
  /** The provider that it asks, at the address that it is given. */
  readonly server: ProviderServer
  /** How the SDK is given the address of a scene. Default: as it is. */
  readonly addressOf?: (scene: Scene) => string
}

/** Kills a program with kill -9 in mid-stream, and expects its log to say that a question has no answer. */
export async function expectUnfinished(killed: KilledProgram): Promise<void> {
  const path = `${temporaryFolder()}/audit.jsonl`
  await killInMidStream(killed, path)
  const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
  expect(await createCapture({ log }).unfinished(log)).toMatchObject([
    {
      user: 'alice',
      model: killed.model,
      inputText: 'a question without an answer',
      outputText: '',
      metadata: { 'audit.status': 'unfinished', 'audit.intent': true },
    },
  ])
  const entries = await log.query()
  expect(entries).toHaveLength(3) // the first question with its answer, and the intent
  expect(entries[1]?.metadata).toMatchObject({ 'audit.status': 'ok', 'audit.about': entries[0]?.entryId })
  await log.close()
}

async function killInMidStream(
  { program, args = [], server, addressOf = ({ url }) => url }: KilledProgram,
  path: string,
): Promise<void> {
  const address = addressOf(server.scene('endless-stream'))
  const child = spawn(process.execPath, [fileURLToPath(program), path, address, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
}
