import { realpathSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { AuditError } from '../errors.ts'

/**
 * Where a backend looks for a native package that its worker thread loads, in this order:
 *
 * 1. The code's own file: the version that was installed with the backend. A bundler may have replaced it with a path on
 *    the build machine, which leads nowhere after the bundle was moved.
 * 2. The folder of the program that was started: where the application was deployed.
 * 3. The working folder. It comes last because whoever starts the application chooses it.
 *
 * Call it in the application's thread: a worker has another program.
 *
 * @param own the file or file URL of the calling code.
 */
export function packageAnchors(own: string): readonly string[] {
  const folders = [programFolder(), workingFolder()].filter(folder => folder !== undefined)
  return [...new Set([own, ...folders.map(folder => join(folder, 'anchor'))])]
}

/**
 * Loads a CommonJS package from the first of these files that can resolve it.
 *
 * @param name the package, such as `better-sqlite3`.
 * @param check throws where what was found cannot be used, for example since its binary was not copied along: then the
 *   next place is tried.
 * @throws AuditError `AUDIT_OPEN_FAILED`, with the places and with what to do.
 */
export function requirePackage<Loaded>(
  name: string,
  anchors: readonly string[],
  check: (loaded: Loaded) => void,
): Loaded {
  const failures: unknown[] = []
  for (const anchor of anchors) {
    try {
      // Not a named import: webpack would warn about an argument that it cannot know.
      const loaded = module.createRequire(anchor)(name)
      check(loaded)
      return loaded
    } catch (error) {
      failures.push(error)
    }
  }
  throw notLoaded(name, anchors, failures)
}

function notLoaded(name: string, anchors: readonly string[], failures: readonly unknown[]): AuditError {
  // A package that was found but does not work is the better explanation.
  const broken = failures.find(failure => !isMissing(failure, name))
  const found = broken === undefined ? 'was not found' : 'was found, but cannot be loaded'
  return new AuditError(
    'AUDIT_OPEN_FAILED',
    `${name} ${found}, looking from ${anchors.join(', ')}. Install it among the application's own dependencies; when the ` +
      'application is bundled, mark it as external and deploy its folder, binaries included, in a node_modules beside the bundle',
    { cause: broken ?? failures[0] },
  )
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'MODULE_NOT_FOUND' && error.message.startsWith(`Cannot find module '${name}'`)
}

/** A started file counts as a folder here: resolving begins in it, finds nothing, and goes on in the one that holds it. */
function programFolder(): string | undefined {
  const [, program] = process.argv
  if (program === undefined) return undefined
  try {
    return realpathSync(program) // a command is a symbolic link to it
  } catch {
    return undefined // started in another way than from a file
  }
}

function workingFolder(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined // it was removed
  }
}
