import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { outcomeOf } from '@audit/harness'
import { BINARY } from './binary.ts'
import { runHere } from './in-process.ts'

const BLOCK = /^```console\n(.*?)^```$/gms
/** What only a shell understands. */
const SHELL = /[|&;<>$`*?]/
const COLUMNS = 100
/** What differs from run to run, and what the documents have in its place. */
export type Volatile = readonly (readonly [RegExp, string])[]

/**
 * A document with what its commands print now. Each line that begins with `$ ` in a block of the language `console` is run in
 * the folder; the lines behind it become its output. `audit …` runs in this process, as on a terminal of 100 columns without
 * colours, at the time NOW; `echo $?` says how it ended. What needs a shell, such as a pipe, gets the built binary.
 */
export async function withRealOutput(
  markdown: string,
  folder: string,
  volatile: Volatile = [],
): Promise<string> {
  let result = ''
  let end = 0
  for (const match of markdown.matchAll(BLOCK)) {
    const [whole, body = ''] = match
    result += `${markdown.slice(end, match.index)}\`\`\`console\n${await outputOf(body, folder, volatile)}\`\`\``
    end = match.index + whole.length
  }
  return result + markdown.slice(end)
}

async function outputOf(body: string, folder: string, volatile: Volatile): Promise<string> {
  const commands = body.match(/^\$ (?:[^\n]*\\\n)*[^\n]*\n/gm) ?? []
  let exitCode = 0
  let result = ''
  for (const command of commands) {
    const line = command.slice('$ '.length).replaceAll('\\\n', ' ').trim()
    result += command
    if (line === 'echo $?') {
      result += `${exitCode}\n`
      continue
    }
    const ended = await runLine(line, folder)
    exitCode = ended.exitCode
    result += stable(ended.both, folder, volatile)
  }
  return result
}

async function runLine(
  line: string,
  folder: string,
): Promise<{ readonly exitCode: number; readonly both: string }> {
  const [program, ...args] = (line.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? []).map(word =>
    word.replaceAll(/['"]/g, ''),
  )
  if (program === 'audit' && !SHELL.test(line)) {
    return runHere(args, { cwd: folder, columns: COLUMNS, env: { NO_COLOR: '1', TERM: 'dumb' } })
  }
  const { exitCode, output, errors } = await outcomeOf(
    spawn('bash', ['-c', `umask 022; ${line}`], {
      // the files that it makes have the modes that most machines give them
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', PATH: pathWithAudit(folder) },
    }),
  )
  return { exitCode: exitCode ?? 1, both: output + errors }
}

function pathWithAudit(folder: string): string {
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'audit'), `#!/bin/sh\nexec '${process.execPath}' '${BINARY}' "$@"\n`)
  chmodSync(join(bin, 'audit'), 0o755)
  return `${bin}${delimiter}${process.env.PATH}`
}

/** Without the folder's name, blanks at the ends of lines, and what differs from run to run. */
function stable(text: string, folder: string, volatile: Volatile): string {
  const replaced = volatile.reduce(
    (result, [pattern, replacement]) => result.replaceAll(pattern, replacement),
    text.replaceAll(folder, '/srv/audit'),
  )
  return replaced.replaceAll(/[ \t]+$/gm, '')
}
