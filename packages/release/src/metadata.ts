import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { PublishedPackage } from './published-package.ts'
import { REPOSITORY } from './repository.ts'

/** Checks what is published; a package without it would get past. */
const PUBLISH_CHECK =
  'publint --strict --pack npm && attw --pack . --profile esm-only && node ../release/src/release.ts check .'

/** The fields that each published package has alike. */
function metadataOf({ directory, manifest }: PublishedPackage) {
  return {
    license: 'MIT',
    repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory },
    bugs: `${REPOSITORY}/issues`,
    homepage: `${REPOSITORY}/tree/main/${directory}#readme`,
    publishConfig: { access: 'public' },
    scripts: { ...manifest.scripts, 'publish-check': PUBLISH_CHECK },
  }
}

/** Says which fields of a package.json differ from what they should be. */
export function metadataProblems(published: PublishedPackage): readonly string[] {
  return Object.entries(metadataOf(published))
    .filter(([field, value]) => !isDeepStrictEqual(published.manifest[field], value))
    .map(
      ([field]) =>
        `${published.directory}/package.json: ${field} is not what it should be; run pnpm metadata`,
    )
}

/** Writes the fields into the package.json: those that it has stay where they are, the others follow the licence. */
export function updateMetadata(published: PublishedPackage): void {
  const { name, version, description } = published.manifest
  const { license, repository, bugs, homepage, ...others } = metadataOf(published)
  const head = { name, version, description, license, repository, bugs, homepage }
  const manifest = { ...head, ...published.manifest, ...head, ...others }
  writeFileSync(join(published.folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}
