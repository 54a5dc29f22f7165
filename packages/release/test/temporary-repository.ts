import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type PublishedPackage, publishedPackages } from '../src/published-package.ts'

const MODULES = join(import.meta.dirname, '../../../node_modules')

/** A repository that lasts until it is disposed of. */
export class TemporaryRepository implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'repository-'))

  constructor() {
    symlinkSync(MODULES, join(this.root, 'node_modules'), 'junction') // for the types of Node.js
  }

  /** Writes a file, and the folders that it is in. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  /** Writes the package.json of `packages/one`, and finds it. */
  package(manifest: object): PublishedPackage {
    this.write('packages/one/package.json', JSON.stringify({ name: 'one', version: '1.0.0', ...manifest }))
    return this.found()
  }

  /** The only published package. */
  found(): PublishedPackage {
    const [published, ...others] = publishedPackages(this.root)
    if (!published || others.length > 0) throw new Error('there should be one published package')
    return published
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true })
  }
}
