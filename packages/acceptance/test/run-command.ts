import { execFile } from 'node:child_process'

/** Runs a program in a folder until it ends, and gives what it printed. Rejects, with all its output, when it fails. */
export function runCommand(cwd: string, program: string, args: readonly string[]): Promise<string> {
  // Package managers put their own folders into NODE_PATH, where Node would find what is not installed.
  const { NODE_PATH: _, ...env } = process.env
  const shell = process.platform === 'win32' && !program.endsWith('.exe') // npm and pnpm are scripts there
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env, shell }, (error, output, errors) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}\n${output}\n${errors}`, { cause: error }))
      else resolve(output)
    })
  })
}

/** Runs node in a folder. */
export function runNode(cwd: string, ...args: readonly string[]): Promise<string> {
  return runCommand(cwd, process.execPath, args)
}
