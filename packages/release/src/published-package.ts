import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package that goes to npm. */
export interface PublishedPackage {
  readonly name: string
  /** From the root of the repository, with slashes: `packages/core`. */
  readonly directory: string
  /** Absolute path. */
  readonly folder: string
  readonly manifest: Manifest
}

/** A package.json, as far as it is read here. */
export interface Manifest {
  readonly [field: string]: unknown
  readonly name: string
  readonly private?: boolean
  readonly exports?: { readonly [entry: string]: string | { readonly types?: string } }
  readonly scripts?: { readonly [name: string]: string }
}

/** The packages of a repository that are not private, by name. */
export function publishedPackages(root: string): readonly PublishedPackage[] {
  return globSync('packages/*/package.json', { cwd: root })
    .map(path => packageIn(root, path.replaceAll('\\', '/').replace('/package.json', '')))
    .filter(({ manifest }) => manifest.private !== true)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function packageIn(root: string, directory: string): PublishedPackage {
  const folder = join(root, directory)
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { name: manifest.name, directory, folder, manifest }
}
