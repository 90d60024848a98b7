import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'
import { createLogin, type LoginLab, outcomeOf } from './login-lab.js'

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-crash-'))
const worker = join(folder, 'login-worker.mjs')

beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'test/logins/login-worker.ts')],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@outbound-auth/source'],
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a process that is killed at a moment. */
async function crash({ path, url }: LoginLab, moment: string): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [worker, path, url, moment], { stdio: 'inherit' })
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
}

describe('a login whose process is killed', () => {
  it('crash-before-request: is refreshed by the next process', async () => {
    const lab = await createLogin()
    await crash(lab, 'before the request')
    expect(lab.shown).toEqual([])
    expect(await outcomeOf(lab.start())).toBe('access-1')
  })

  it('crash-before-storing: has to be made anew, where the server takes a refresh token once', async () => {
    const lab = await createLogin()
    await crash(lab, 'before storing')
    expect(lab.shown).toEqual(['refresh-0'])
    expect(await outcomeOf(lab.start())).toBe('build ERR_AUTH_REFRESH_REFUSED')
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'refresh-0' })
  })

  it('crash-while-storing: leaves a file that is whole', async () => {
    const lab = await createLogin()
    await crash(lab, 'while storing')
    expect(await lab.store.read()).toMatchObject({ accessToken: 'access-0', refreshToken: 'refresh-0' })
    expect(await outcomeOf(lab.start())).toBe('build ERR_AUTH_REFRESH_REFUSED')
  })

  it('crash-after-storing: is used by the next process without a request', async () => {
    const lab = await createLogin()
    await crash(lab, 'after storing')
    lab.nowMs = Date.now()
    expect(await outcomeOf(lab.start())).toBe('access-1')
    expect(lab.shown).toEqual(['refresh-0'])
  })
})
