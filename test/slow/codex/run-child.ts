import { spawn } from 'node:child_process'

/** Runs a program to its end; standard output is thrown away. @returns exit code and standard error */
export function runChild(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<string> {
  const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(`${code} ${text}`.trim()))
  })
}
