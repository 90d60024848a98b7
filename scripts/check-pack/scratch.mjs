// Prevents the mistake of a check that leaves its rubbish, or its failure's reason, behind.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { childEnvironment } from '../child-environment.mjs'

/**
 * Runs a job with an empty folder that is removed afterwards.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} job
 */
export async function withScratch(job) {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-'))
  try {
    return await job(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Writes files by path; objects as JSON.
 *
 * @param {string} folder
 * @param {Record<string, string | object>} files
 */
export function writeFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(
      join(folder, path),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    )
  }
}

/**
 * Runs a command line and returns what it printed to stdout; rejects with all its output when it fails.
 *
 * @param {string} command
 * @param {string} cwd
 * @returns {Promise<string>}
 */
export function run(command, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      cwd,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment({ CI: 'true' }),
    })
    let stdout = ''
    let all = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      all += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      all += text
    })
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(`Failed with exit code ${code}: ${command}\n${all.trim()}`))
    })
  })
}
