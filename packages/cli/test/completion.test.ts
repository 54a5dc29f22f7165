import { spawn, spawnSync } from 'node:child_process'
import { outcomeOf } from '@audit/harness'
import { describe, expect, test } from 'vitest'
import { runBinary } from './binary.ts'

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0

/** What bash offers for a line that ends where the cursor is. */
async function offered(line: string): Promise<readonly string[]> {
  const { output: script } = await runBinary(['completion', 'bash'])
  const words = line.split(' ')
  const program = `${script}
COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_audit; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { output, errors } = await outcomeOf(spawn('bash', ['-c', program]))
  expect(errors).toBe('')
  return output.split('\n').filter(word => word !== '')
}

describe.skipIf(!has('bash'))('bash (where it is installed)', () => {
  test('offers commands', async () => {
    expect(await offered('audit ver')).toEqual(['verify'])
    expect(await offered('audit ')).toEqual(
      expect.arrayContaining(['query', 'show', 'tail', 'stats', 'verify', 'help']),
    )
  })
  test('offers the options of the command', async () => {
    expect(await offered('audit query audit.db --s')).toEqual([
      '--since',
      '--session',
      '--status',
      '--session-key',
    ])
    expect(await offered('audit stats audit.db --gre')).toEqual([])
  })
  test('offers values', async () => {
    expect(await offered('audit completion z')).toEqual(['zsh'])
    expect(await offered('audit help que')).toEqual(['query'])
  })
  test('offers the values of options, however they are given', async () => {
    const formats = ['jsonl', 'csv', 'ocsf', 'parquet', 'promptfoo']
    for (const line of [
      'audit export audit.db --format ',
      'audit export audit.db -f ',
      'audit export a --format = ',
    ]) {
      expect(await offered(line)).toEqual(formats)
    }
    expect(await offered('audit export audit.db --format =')).toEqual(formats)
    expect(await offered('audit convert a.db b --to j')).toEqual(['jsonl'])
    expect(await offered('audit query audit.db --status er')).toEqual(['error'])
    expect(await offered('audit query audit.db --since ye')).toEqual(['yesterday'])
    expect(await offered('audit proxy audit.db --content dig')).toEqual(['digest'])
  })
  test('completes the last value of a list', async () => {
    expect(await offered('audit stats audit.db --by mo')).toEqual(['model', 'month'])
    expect(await offered('audit stats audit.db --by user,mod')).toEqual(['user,model'])
    expect(await offered('audit query audit.db --columns index,time,in')).toEqual([
      'index,time,index',
      'index,time,input',
    ])
  })
  test('leaves files to the shell', async () => {
    expect(await offered('audit query a')).toEqual([])
  })
})

describe.skipIf(!has('zsh'))('zsh (where it is installed)', () => {
  test('takes the script', async () => {
    const { output: script } = await runBinary(['completion', 'zsh'])
    const child = spawn('zsh', [
      '-c',
      `autoload -Uz compinit; compinit -u -D; eval "$0"; (( $+functions[_audit] ))`,
      script,
    ])
    const { exitCode, errors } = await outcomeOf(child)
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  })
})

describe.skipIf(!has('fish'))('fish (where it is installed)', () => {
  test('offers commands and options', async () => {
    const { output: script } = await runBinary(['completion', 'fish'])
    const offers = async (line: string) =>
      (await outcomeOf(spawn('fish', ['-c', `${script}\ncomplete -C '${line}'`]))).output
    expect(await offers('audit ver')).toContain('verify')
    expect(await offers('audit query --sess')).toContain('--session')
  })
})

test('every command is offered by every shell', async () => {
  const { output: help } = await runBinary(['--help'])
  const commands = [...help.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = '']) => name)
  expect(commands).toContain('query')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { output } = await runBinary(['completion', shell])
    for (const command of commands) expect(output).toContain(command)
  }
})
