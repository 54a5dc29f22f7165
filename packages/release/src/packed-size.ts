import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import type { PublishedPackage } from './published-package.ts'

/** How large a package is, in bytes. */
export interface PackedSize {
  /** The tarball, which npm downloads. */
  readonly packed: number
  /** The files in it. */
  readonly unpacked: number
}

/** The sizes that are committed, by the name of the package. */
export type CommittedSizes = Readonly<Record<string, PackedSize>>

const COMMITTED = 'packages/release/sizes.json'

/** What a package may grow by without its committed size: 5 % or 2 KiB, whichever is more. */
const TOLERANCE = { ratio: 0.05, bytes: 2048 }

/** Reads the committed sizes of a repository. */
export function committedSizes(root: string): CommittedSizes {
  return JSON.parse(readFileSync(join(root, COMMITTED), 'utf8'))
}

/** Commits to sizes: writes the file that later ones are compared with. */
export function commitSizes(root: string, sizes: CommittedSizes): void {
  writeFileSync(join(root, COMMITTED), `${JSON.stringify(sizes, undefined, 2)}\n`)
}

/** Says whether a package has outgrown its committed size. */
export function sizeProblems(
  name: string,
  size: PackedSize,
  committed: PackedSize | undefined,
): readonly string[] {
  if (!committed) return [`${name} has no committed size; run pnpm sizes --update`]
  return (['packed', 'unpacked'] as const)
    .filter(key => size[key] > committed[key] + Math.max(committed[key] * TOLERANCE.ratio, TOLERANCE.bytes))
    .map(
      key =>
        `${name} has grown from ${committed[key]} to ${size[key]} bytes ${key}; if it is worth it, run pnpm sizes --update`,
    )
}

/** Packs a built package as it would be published, and measures it. */
export async function packedSize({ folder }: PublishedPackage): Promise<PackedSize> {
  const target = mkdtempSync(join(tmpdir(), 'packed-'))
  try {
    const shell = process.platform === 'win32' // pnpm is a script there
    await promisify(execFile)('pnpm', ['pack', '--pack-destination', target], { cwd: folder, shell })
    const [tarball = ''] = readdirSync(target)
    const bytes = readFileSync(join(target, tarball))
    return { packed: bytes.length, unpacked: unpackedSize(gunzipSync(bytes)) }
  } finally {
    rmSync(target, { recursive: true })
  }
}

const BLOCK = 512

/** The bytes of all files in a tar archive: each has a block with its size, in octal at 124, and its padded content. */
function unpackedSize(archive: Buffer): number {
  let total = 0
  for (let at = 0; archive[at]; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8)
    total += size
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return total
}
