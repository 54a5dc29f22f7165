import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AuditError, createSigner, createVerifier, type Signer, type Verifier } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { assertNoPrivateKey, PRIVATE_PREFIX } from './private-key.ts'
import { readSmallFile } from './small-file.ts'

/** What has this form was meant as a key, and not as the name of a file. */
const PUBLIC_KEY = /^[^+\s/]*[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$/

/**
 * Reads a public key: the key itself, as it stands in a contract, or a file that holds it.
 *
 * @throws CommandError for anything else, a private key included; its message never holds a private key.
 */
export async function publicKeyFrom(context: Context, given: string): Promise<Verifier> {
  assertNoPrivateKey(given)
  if (PUBLIC_KEY.test(given)) return verifierOf(given, 'the key')
  const text = await readSmallFile(context, given, 'a public key')
  if (text.includes(PRIVATE_PREFIX)) {
    throw new CommandError(
      `${given} holds a private key; give the public key that audit keygen printed with it`,
    )
  }
  return verifierOf(text, given)
}

/** A verifier from a public key. Throws CommandError, with `name` for where the key came from. */
export function verifierOf(key: string, name: string): Verifier {
  try {
    return createVerifier(key)
  } catch (error) {
    throw explained(error, `${name} is not a public key`)
  }
}

/**
 * Reads the file of a private key, and warns if others can read it too.
 *
 * @throws CommandError for a key that stands in the argument itself, and for what is no key.
 */
export async function signerFrom(context: Context, path: string): Promise<Signer> {
  const text = await readSmallFile(context, path, 'a private key')
  if (PUBLIC_KEY.test(text.trim())) {
    throw new CommandError(
      `${path} holds a public key, which signs nothing; give the private key that audit keygen made with it`,
    )
  }
  if (path !== '-') await warnIfShared(context, path)
  try {
    return createSigner(text)
  } catch (error) {
    throw explained(error, `${path} is not a private key`)
  }
}

async function warnIfShared(context: Context, path: string): Promise<void> {
  if (process.platform === 'win32') return // the mode says nothing there
  const { mode } = await stat(resolve(context.cwd, path))
  if ((mode & 0o077) === 0) return
  await note(context, `${path} can be read by other users of this machine; run: chmod 600 ${path}`)
}

function explained(error: unknown, what: string): unknown {
  if (!(error instanceof AuditError)) return error
  return new CommandError(`${what}: ${error.message}`)
}
