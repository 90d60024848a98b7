import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

const recipes = join(import.meta.dirname, '..')
const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * Makes a project beside the clients, which is removed at the end of the tests. It is not below a node_modules, which
 * test runners and bundlers pass over.
 *
 * @param copied packages of ours that are copied into its node_modules, as an install from npm leaves them
 */
export function makeProject(
  name: string,
  files: Readonly<Record<string, string>>,
  copied: readonly string[] = [],
): string {
  const folder = join(recipes, '.projects', `${name}-${process.pid}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const each of copied)
    for (const part of ['dist', 'package.json'])
      cpSync(
        join(recipes, '../../packages', each, part),
        join(folder, 'node_modules/@outbound-auth', each, part),
        {
          recursive: true,
        },
      )
  folders.push(folder)
  return folder
}

/** The path of a program of the workspace's clients. */
export function programOf(path: string): string {
  return join(recipes, 'node_modules', path)
}

interface Finished {
  readonly status: number | null
  /** Both outputs. */
  readonly output: string
}

/** Runs a Node script in a folder. */
export function runScript(script: string, args: readonly string[], cwd: string): Promise<Finished> {
  return runProgram(process.execPath, [script, ...args], cwd)
}

/** Runs a program in a folder. */
export function runProgram(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NODE_ENV: 'test', NO_COLOR: '1', CI: 'true' },
    })
    let output = ''
    const add = (text: unknown) => {
      output += text
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.on('error', reject).on('close', (status) => resolve({ status, output }))
  })
}
