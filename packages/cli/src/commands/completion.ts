import { Argument, type Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import { bashCompletion } from '../completion/bash.ts'
import { type CommandWords, commandWords } from '../completion/command-words.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** Adds `audit completion`. */
export function addCompletion(program: Command, run: Run): void {
  const command = program
    .command('completion')
    .helpGroup(GROUPS.other)
    .summary('print the completion script of a shell')
    .description('Prints a script that lets a shell complete commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
  addExamples(command, [
    ['eval "$(audit completion bash)"', 'in ~/.bashrc'],
    ['eval "$(audit completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['audit completion fish > ~/.config/fish/completions/audit.fish', 'once'],
  ])
  command.action(
    run(async ({ stdout }, shell: string) => {
      await stdout.write(SHELLS[shell]?.(commandWords(program)) ?? '')
    }),
  )
}
