import { spawn } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientLocks } from '../../src/login/client-locks.js'
import { codexHomeWith } from '../config/codex-home.js'

const hasFlock = ['/usr/bin/flock', '/bin/flock'].some((path) => existsSync(path))

/** Holds a lock as Codex does, until it is told to let go. */
async function holding(path: string): Promise<() => Promise<void>> {
  const child = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  child.stdin.write('\n')
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return () =>
    new Promise((resolve) => {
      child.on('close', () => resolve())
      child.stdin.end()
    })
}

describe.skipIf(!hasFlock)('clientLocks(), with flock(1),', () => {
  it.each(['auth.lock', 'auth.json.lock'])('waits until Codex has let go of %s', async (name) => {
    const home = codexHomeWith()
    const letGo = await holding(join(home, name))
    let isTaken = false
    const taking = clientLocks(home)
      .take()
      .then((release) => {
        isTaken = true
        return release
      })
    await expect.poll(() => existsSync(join(home, 'auth.lock'))).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isTaken).toBe(false)
    await letGo()
    const release = await taking
    release()
  })

  it('excludes whoever takes the same lock, until it is released', async () => {
    const home = codexHomeWith()
    const release = await clientLocks(home).take()
    let isHeld = false
    const other = holding(join(home, 'auth.lock')).then((letGo) => {
      isHeld = true
      return letGo
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isHeld).toBe(false)
    release()
    await (await other)()
  })
})

it('clientLocks() does without a program that is not there, or fails', async () => {
  for (const program of ['no-such-flock', '/bin/false', '/usr/bin/false']) {
    const locks = clientLocks(codexHomeWith(), program)
    for (let round = 0; round < 2; round++) (await locks.take())()
  }
})

it.skipIf(hasFlock)('flock(1) is absent, so the locks of Codex were not taken', () => {})

it.skipIf(process.platform === 'win32')('clientLocks() waits 5 s for the locks', async () => {
  const home = codexHomeWith()
  const program = join(home, 'flock')
  writeFileSync(program, '#!/bin/sh\nexec sleep 600\n')
  chmodSync(program, 0o755)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const outcome = vi.fn()
  void clientLocks(home, program).take().then(outcome)
  await vi.advanceTimersByTimeAsync(4999)
  expect(outcome).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(outcome).toHaveBeenCalledOnce()
})
