import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top folder of the checkout. */
export const TOP = fileURLToPath(new URL('../../..', import.meta.url))

/** A TypeScript block of a README. */
export interface Block {
  /** Where its code begins in the README, from 1. */
  readonly line: number
  readonly code: string
  /** The file it is saved as: what its first line says (`// my-backend.ts`), otherwise named after its line. */
  readonly file: string
  /** What follows ```ts on its line: nothing, or `listing` for what is not to be run. */
  readonly info: string
}

/** The README files of the repository and what stands in its docs, as paths from its top. */
export function readmes(): readonly string[] {
  const ofPackages = readdirSync(join(TOP, 'packages')).map(name => `packages/${name}/README.md`)
  const docs = readdirSync(join(TOP, 'docs')).filter(name => name.endsWith('.md'))
  return ['README.md', ...ofPackages, ...docs.map(name => `docs/${name}`)].filter(path =>
    existsSync(join(TOP, path)),
  )
}

/** The TypeScript blocks of a README, in their order. */
export function blocksOf(readme: string): readonly Block[] {
  const text = readFileSync(join(TOP, readme), 'utf8')
  return Array.from(text.matchAll(FENCED), ({ index, 1: info = '', 2: code = '' }) => {
    const line = text.slice(0, index).split('\n').length + 1
    const [, file = `line-${line}.ts`] = /^\/\/ ([\w.-]+\.ts)$/m.exec(code.split('\n', 1)[0] ?? '') ?? []
    return { line, code, file, info: info.trim() }
  })
}

const FENCED = /^```ts\b(.*)\n([\s\S]*?)^```$/gm
