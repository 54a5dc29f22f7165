import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from '@audit/harness'
import { onTestFinished } from 'vitest'
import { blocksOf, readmes, TOP } from './readme-blocks.ts'

/** A folder in which these packages can be imported. */
export function folderWith(...packages: readonly string[]): string {
  const folder = new TemporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  mkdirSync(folder.file('node_modules/@audit'), { recursive: true })
  for (const name of packages) {
    symlinkSync(join(TOP, 'packages', name), folder.file(`node_modules/@audit/${name}`), 'junction')
  }
  writeFileSync(folder.file('package.json'), '{ "type": "module" }')
  return folder.path
}

/** Saves named blocks of the documents in a folder. */
export function save(folder: string, ...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(folder, name), codeOf(name))
}

/** The TypeScript block that the documents save under this name. */
export function codeOf(name: string): string {
  const block = readmes()
    .flatMap(blocksOf)
    .find(({ file }) => file === name)
  if (!block) throw new Error(`no document has a block ${name}`)
  return block.code
}

/** The block of another language that stands in a document under this name. */
export function commandsOf(document: string, language: string, name: string): string {
  const text = readFileSync(join(TOP, document), 'utf8')
  const [, commands] =
    new RegExp(`^\`\`\`${language}\\n(# ${name}\\b[\\s\\S]*?)^\`\`\`$`, 'm').exec(text) ?? []
  if (commands === undefined) throw new Error(`${document} has no ${name}`)
  return commands
}
